"""ASGI middleware: request context, CORS, access, response cache, gzip, ETags.

`service/web/app.py` puts them in order. Dependencies of single routes are in
`service/web/requests`.
"""
