"""Counts: `/v1/counts`, `/v1/entities`, and totals and facets of lists.

Other resources are in the sibling modules and folders.
"""
