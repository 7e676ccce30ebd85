"""The commands of `samestory`, a file for each group."""
