"""Soak of the whole service with real feeds: `make soak`."""
