"""API documentation: the OpenAPI document with examples, and the page `/docs`.

Descriptions of routes and fields are in the routes and schemas themselves.
"""
