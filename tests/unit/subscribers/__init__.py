"""Tests of alerts, digest selection, delivery schedule, email rendering and bounce parsing.

No database, no mail server.
"""
