"""Tests with real parts: embedded Postgres, loopback HTTP and SMTP servers, by noun.

Tests of the installed command belong in `e2e`.
"""
