"""Story rules: headline, keywords, summary, pace, rank, developments."""
