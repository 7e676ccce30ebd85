"""Rank fusion and search terms."""
