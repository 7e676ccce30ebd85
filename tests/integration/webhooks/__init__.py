"""Webhook deliveries, crashes and the webhook API."""
