"""Webhook rules: filters, signatures, retries, target URLs."""
