"""Upgrades and downgrades with data."""
