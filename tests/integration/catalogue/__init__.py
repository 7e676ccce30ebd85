"""Outlets through commands and API."""
