"""Commands on files of articles: group them, compare with labels, train models.

Only `evaluate --record` uses the database. Metrics and models belong to `service.domain`.
"""
