"""Rows of the table of `make bench`: encoding, grouping, commands, articles from feed to story.

Measurements that print tables of their own (feeds, responses) do not belong here.
"""
