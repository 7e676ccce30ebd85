"""Pair score: features of article pairs, candidate search, the scoring model and its training.

Not here: grouping of scored articles into stories (`service.domain.grouping`).
"""
