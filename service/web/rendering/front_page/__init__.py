"""View models of the front page: cards, sparklines and filter links."""
