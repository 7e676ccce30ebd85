"""Articles: types, vectors, copies, candidates, pages and views.

Text analysis belongs to `service.domain.articles`; admission to `service.store.identity`.
"""
