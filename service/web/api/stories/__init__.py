"""API resources: story lists, single stories, storylines, changes and their feeds.

Search is in service/web/api/search; shared response schemas in service/web/rendering.
"""
