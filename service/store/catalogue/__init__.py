"""Catalogue: outlets, publisher families and feeds.

Requests for feeds belong to `service.ingest`; articles to `service.store.articles`.
"""
