"""Rules about one story or storyline, list filters, and the schema of transitions.

The rules: wording, pace, rank, developments, missing coverage, round-ups, map and storylines.
Grouping of articles into stories belongs in `domain.grouping`; reading and writing in `store`.
"""
