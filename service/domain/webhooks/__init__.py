"""Webhook rules: event filters, signatures, target URLs, retry delays and pausing.

No database access and no network: see `service/store/webhooks` and `service/ingest/fetching`.
"""
