"""Requests and responses of all routes: parameters, problems, idempotency, redirects.

Middleware is in `service/web/middleware`, the JSON schemas of routes are in `service/web/api`.
"""
