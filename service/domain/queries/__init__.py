"""The query language: typed conditions, their grammar, and matching in memory.

SQL of conditions belongs to `service.store.queries`. The syntax of words is in
`service.domain.search.search_terms`.
"""
