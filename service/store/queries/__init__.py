"""SQL of the query language: conditions on stories, and on single reports."""
