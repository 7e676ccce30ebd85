"""Read queries by noun, for API and page.

Every function takes a session, writes nothing and returns frozen values; none of
them issues a statement per row.
"""
