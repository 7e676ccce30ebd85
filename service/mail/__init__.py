"""Emails: how they are written and how they are handed on."""
