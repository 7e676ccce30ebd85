"""Webhooks in the database: registration, outbox of deliveries, blocked stories.

No network: the job `webhooks` sends the deliveries.
"""
