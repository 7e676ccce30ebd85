"""HTTP API under /v1: one module or folder for each resource.

Pages for browsers are in service/web/pages, middleware in service/web/middleware.
"""
