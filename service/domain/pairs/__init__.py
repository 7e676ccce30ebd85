"""Pairs of articles: features, candidate search, series; `scoring` has the model.

Not here: grouping of scored articles into stories (`service.domain.grouping`).
"""
