"""Email rendering and bounce parsing, without a mail server."""
