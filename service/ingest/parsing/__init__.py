"""Feed parsing: charsets, XML repair, RSS, Atom and JSON Feed; `processes` has the workers.

Nothing here opens a network connection; downloads belong to `service.ingest.fetching`.
"""
