"""HTML pages: stories, search, subscriptions, alerts.

JSON routes belong in `web/api`, templates in `web/templates`.
"""
