"""Counts: rules of time intervals."""
