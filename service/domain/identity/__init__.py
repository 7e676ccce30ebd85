"""Identity of entries: redirects, publishers, keys, matching with stored articles, revisions.

Pure rules; `service.store.articles.admission` applies them.
"""
