"""HTTP requests to external hosts: feed downloads and webhook deliveries, with an SSRF guard.

Parsing of the downloaded bodies belongs to `service.ingest.parsing`.
"""
