"""`/v1/export`: whole lists as JSONL or CSV, streamed from one snapshot of the database.

The lists themselves are in the sibling modules and folders.
"""
