"""Routes below `/v1/webhooks`: management, single deliveries, the log of deliveries."""
