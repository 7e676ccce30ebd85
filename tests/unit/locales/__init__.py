"""Codes of languages and countries."""
