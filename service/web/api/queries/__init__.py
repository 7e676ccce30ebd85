"""`/v1/queries`: saved queries."""
