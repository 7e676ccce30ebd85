"""Labelled sets: labels, and readers that combine them with third-party data.

Not here: measurements (`tests.quality.report`).
"""
