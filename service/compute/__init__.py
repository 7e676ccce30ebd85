"""Calls of pure functions, and encoding, in local processes or on a Ray cluster.

The functions themselves belong to `domain` and `embed`.
"""
