"""Pages of articles: reservations of publishers against text mining, and pages without article."""
