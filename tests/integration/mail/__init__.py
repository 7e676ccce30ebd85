"""Tests of SMTP delivery, TLS and bounce processing against a local mail server.

Tests of the jobs that send emails are in tests/integration/subscribers.
"""
