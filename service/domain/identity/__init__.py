"""Identity of entries: redirects, publishers, keys, matching with stored articles, revisions.

Pure rules; `service.store.identity.admission` applies them.
"""
