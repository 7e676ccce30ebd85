"""Tests of metrics: groupings, copies and storylines against labels.

Commands that print them are tested in `tests.quality`.
"""
