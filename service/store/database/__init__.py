"""Connections, embedded server, schema version, locks, pagination and job runs.

Queries about articles, stories or subscribers belong to the packages named after them.
"""
