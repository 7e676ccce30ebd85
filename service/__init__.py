"""samestory: groups news articles of many outlets by the event that they report.

One package per layer; scheduled jobs belong to the package `jobs`.
"""
