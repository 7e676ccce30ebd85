"""Health, caching, HTTP conformance, rendering and feeds of stories."""
