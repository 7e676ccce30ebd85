"""Wording of stories and storylines: headlines, summaries, keywords and names.

All of it is quoted from the articles.
"""
