"""Tests of the pair score: features, candidates, priors, series and training.

Grouping of scored articles is tested in `tests.unit.grouping`.
"""
