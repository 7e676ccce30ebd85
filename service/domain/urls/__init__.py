"""URLs: canonical keys, tracking parameters, slugs, and which links are safe.

Nothing here depends on articles, stories or other domain concepts, and nothing opens a URL.
"""
