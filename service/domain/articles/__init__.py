"""Articles: feed entries, tokenisation, copy detection, coverage counts.

Pair scores and stories belong to `domain.pairs`, `domain.grouping` and `domain.stories`.
"""
