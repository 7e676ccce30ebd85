"""Path and query parameters: types, known values, queries, unknown names.

Request bodies, cookies and error responses belong to `service/web/requests`.
"""
