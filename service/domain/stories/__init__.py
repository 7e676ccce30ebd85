"""Rules about one story or storyline: headline, keywords, summary, pace, rank and list filters.

Grouping of articles into stories belongs in `domain.grouping`; reading and writing in `store`.
"""
