"""Tests without a database or network, by noun.

Tests that need Postgres or a server belong in `integration`.
"""
