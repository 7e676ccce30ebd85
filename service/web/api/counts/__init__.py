"""Counts: `/v1/counts`, and totals and facets of lists.

Other resources are in the sibling modules and folders.
"""
