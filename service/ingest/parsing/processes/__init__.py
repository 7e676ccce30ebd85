"""Parser processes: fork server, workers, their pool, and the messages to them.

Parsing itself belongs to `service.ingest.parsing`.
"""
