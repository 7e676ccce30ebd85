"""Belongs here: mapping of pure functions and encoding over local processes or a Ray cluster.

Does not belong here: the functions themselves, which are in `domain` and `embed`.
"""
