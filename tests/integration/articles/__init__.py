"""Article types, reprints, `/v1/articles` and `/v1/match`."""
