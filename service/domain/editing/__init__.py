"""Effects of editors' decisions (merge, split, move, pin, hide, rename, lock, undo) as pure plans.

Pairwise constraints belong in `domain.grouping.constraints`, SQL in `store.editing`.
"""
