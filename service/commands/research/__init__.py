"""Commands on files of articles: cluster, evaluate, explain, train, language-means.

They use no database. Metrics and models belong to `service.domain`.
"""
