"""samestory: which articles of many outlets report the same event."""
