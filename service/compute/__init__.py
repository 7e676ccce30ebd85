"""Belongs here: pure functions and encoding in local processes or on a Ray cluster.

Does not belong here: the functions themselves, which are in `domain` and `embed`.
"""
