"""Roles of API keys and the rate limit, without storage and HTTP.

Stored keys belong to `service.store.access`.
"""
