"""Formats other than HTML and JSON: feeds, the sitemap, pictures for link previews.

Templates and JSON schemas belong to `service.web.rendering`.
"""
