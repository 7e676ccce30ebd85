"""Article types, copies, `/v1/articles` and `/v1/match`."""
