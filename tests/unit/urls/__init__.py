"""URL rules: canonical keys, tracking parameters."""
