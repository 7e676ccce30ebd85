"""HTML pages: stories, search, subscriptions, alerts; catalogue, readers, site.

JSON routes belong in `web/api`, templates in `web/templates`.
"""
