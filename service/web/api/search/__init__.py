"""API resources: search and match.

Ranking and highlighting are in service/store/search.
"""
