"""Effects of editor decisions, without a database."""
