"""Keyword and semantic search in Postgres: queries, filters, rankings, highlights.

The search syntax and the fusion of rankings belong to `service.domain.search`.
"""
