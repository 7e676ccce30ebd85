"""Editor decisions, in the store and through the API."""
