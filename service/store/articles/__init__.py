"""Articles: admission, revisions, vectors, reprints, candidates and views.

Text analysis belongs to `service.domain.articles`; stories to `service.store.stories`.
"""
