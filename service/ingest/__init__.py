"""Feed ingestion: fetch, parse, convert entries to article drafts, read OPML and catalogue files.

Nothing here writes to the database, except `add_feed`; jobs store the results.
"""
