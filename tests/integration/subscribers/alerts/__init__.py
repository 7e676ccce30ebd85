"""Alerts: commands, pages, feeds, thresholds, storms."""
