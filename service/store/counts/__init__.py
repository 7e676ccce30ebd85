"""SQL of counts: totals of lists, facets, and counts over time and by dimension.

Hidden articles and stories are never counted.
"""
