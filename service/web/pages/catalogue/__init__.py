"""Pages of outlets, feeds and storylines: lists, single ones, comparisons, map."""
