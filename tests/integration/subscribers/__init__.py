"""Subscriber pages, alert feeds and the jobs `digest` and `alerts`, with database and SMTP.

Unit tests of the rules are in tests/unit/subscribers.
"""
