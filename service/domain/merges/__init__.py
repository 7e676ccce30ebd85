"""Merges: whether two groups of articles report one event, from features of both groups.

Not here: scores of single pairs of articles (`service.domain.pairs`) and the lifecycle of stories.
"""
