"""Metrics and outages that a process reports without the database.

Any other package may use it; it imports nothing of the service.
"""
