"""Counts of articles, stories and first reports: units, dimensions and time intervals.

No I/O and no clock, as everywhere in `service.domain`.
"""
