"""Text primitives of every layer: dates, URLs, codes, markup, sentences.

Nothing here depends on articles, stories or other domain concepts.
"""
