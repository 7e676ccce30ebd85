"""Ingestion without a network: OPML, catalogue files, SSRF guard, language detection."""
