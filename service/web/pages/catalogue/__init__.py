"""Pages of outlets and storylines: lists, single ones, comparisons."""
