"""Wording of stories: headline, keywords, summary, names of storylines."""
