"""End-to-end tests: run the `samestory` command as a process.

Tests that call Python functions belong to the other folders.
"""
