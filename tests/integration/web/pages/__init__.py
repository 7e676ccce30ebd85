"""Pages and feeds for readers."""
