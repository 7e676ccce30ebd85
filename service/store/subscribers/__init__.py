"""Queries on subscribers, alerts, digest editions, alert emails and their deliveries.

No rules on what to send and no email text; see `service.domain.subscribers` and `service.mail`.
"""
