"""Sentences of reports: whether they can be quoted, and whether they repeat each other."""
