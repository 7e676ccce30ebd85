"""Pages of articles: reservations against text mining, and pages without an article."""
