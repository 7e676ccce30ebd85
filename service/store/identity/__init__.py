"""Identity of articles: admission of entries, keys and revisions.

The rules belong to `service.domain.identity`; other data of articles to
`service.store.articles`.
"""
