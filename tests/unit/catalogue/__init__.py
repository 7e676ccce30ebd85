"""Rules about outlets and feeds: matching, overrides, fetch schedule."""
