"""Jobs that send to readers and other services: alerts, digests, webhooks.

Rendering and SMTP belong to `service.mail`, HTTP to `service.ingest.fetching`.
"""
