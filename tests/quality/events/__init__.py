"""Groups of similar, growing and multilingual events, and one day of feeds."""
