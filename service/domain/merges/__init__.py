"""Merge decision: whether two groups of articles report one event, from features of both groups.

Scores of single pairs of articles do not belong here, nor the lifecycle of stories.
"""
