"""Files of the embedded server: location, owner, and start and stop of the server."""
