"""Identity of entries: redirects, publishers, keys, matching, revisions."""
