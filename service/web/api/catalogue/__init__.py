"""API resources: outlets and feeds.

Articles are in service/web/api/articles.py.
"""
