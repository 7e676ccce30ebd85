"""Feed parsing: charset detection, XML repair, RSS, Atom and JSON Feed, worker processes.

Nothing here opens a network connection; downloads belong to `service.ingest.fetching`.
"""
