"""Named entities: mentions in text, a gazetteer per window, the entities of a story.

Headlines, keywords and summaries belong to `domain.stories`.
"""
