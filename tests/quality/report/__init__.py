"""Quality reports: floors, tables and charts.

Not here: the labelled data (`tests.quality.sets`).
"""
