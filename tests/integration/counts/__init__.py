"""Counts, totals and facets over HTTP."""
