"""Queries about the running service: durations, queues, lag, emails, size of the database."""
