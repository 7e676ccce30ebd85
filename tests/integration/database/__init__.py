"""Schema, embedded server, job runner, crashes and concurrent processes."""
