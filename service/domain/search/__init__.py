"""Search syntax and rank fusion, without storage and HTTP.

SQL of searches belongs to `service.store.search`.
"""
