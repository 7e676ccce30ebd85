"""Catalogue rules: outlets, their edits, fetch schedules and the effect of a fetch on a feed.

Reading catalogue files belongs to `service.ingest`, storing them to `service.store.catalogue`.
"""
