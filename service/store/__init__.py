"""Postgres: tables, queries by noun, database connections and migrations.

Business rules belong to `service.domain`; transactions begin and end in jobs and requests.
"""
