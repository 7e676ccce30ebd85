"""Queries on subscribers, alerts, digest editions, alert emails and their deliveries.

Not here: rules (`service.domain.subscribers`) and email text (`service.mail`).
"""
