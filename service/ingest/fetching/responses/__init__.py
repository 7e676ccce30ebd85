"""Tolerant reading of HTTP responses: repair of heads, removal of content codings, size limits."""
