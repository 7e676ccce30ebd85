"""Admission of articles, `/v1/articles` and `/v1/match`."""
