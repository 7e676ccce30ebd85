"""Alerts, digest selection and delivery schedule, without a database."""
