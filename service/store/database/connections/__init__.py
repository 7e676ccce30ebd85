"""Database connections with limits: engines, deadlines, state of the server."""
