"""Rules of digests: preferences, schedule, selection of stories, cards of an edition."""
