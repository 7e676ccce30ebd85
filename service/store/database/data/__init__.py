"""Files of the embedded server: where they are, who owns them, how the server starts and stops."""
