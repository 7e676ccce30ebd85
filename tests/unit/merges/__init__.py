"""Tests of merges: units, features of two groups, the merge model and its training.

Grouping of whole windows is tested in `tests.unit.grouping`.
"""
