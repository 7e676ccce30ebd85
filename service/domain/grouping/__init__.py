"""Grouping of articles into stories: clustering, placement, hysteresis, story lineage, replay.

Not here: the pair score (`service.domain.pairs`) and story content (`service.domain.stories`).
"""
