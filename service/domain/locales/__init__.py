"""Codes and names of languages and countries.

Nothing here depends on articles, stories or other domain concepts. Scripts and words are in `text`.
"""
