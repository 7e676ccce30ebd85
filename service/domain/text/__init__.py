"""Text primitives of every layer: cleaning, dates, markup, scripts, sentences.

Nothing here depends on articles, stories or other domain concepts.
"""
