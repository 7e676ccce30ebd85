"""Search through API and page."""
