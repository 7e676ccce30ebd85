"""Postgres: tables, queries by noun, locks, migrations."""
