"""Feed ingestion: fetch, parse, convert entries to article drafts, read OPML and catalogue files.

Only `add_feed` and `feed_overrides` write to the database; jobs store the results.
"""
