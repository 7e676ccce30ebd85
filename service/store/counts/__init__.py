"""SQL of counts: totals, facets, counts over time, first reports and missing coverage.

Hidden articles and stories are never counted.
"""
