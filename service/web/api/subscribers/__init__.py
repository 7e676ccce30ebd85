"""API endpoints that manage subscribers of the digest and their alerts.

No HTML pages; subscribers manage themselves in `service.web.pages`.
"""
