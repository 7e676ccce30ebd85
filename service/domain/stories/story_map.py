"""Map of stories: a projection in which stories about similar subjects are near each other."""

import numpy as np
from numpy.typing import NDArray

#: Neighbours that each story is kept near, at most; fewer on a small map.
NEIGHBOURS = 12
#: Below this number of stories, a projection shows nothing.
MIN_STORIES = 4
#: Share of the width and the height that the marks leave free on each side.
MARGIN = 0.04


def project(centroids: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places of n stories, shape (n, 2), each coordinate from 0 to 1; rows follow `centroids`.

    The method is t-SNE (van der Maaten and Hinton, JMLR 9, 2008) with the cosine distance, started
    from the principal components, so that equal input gives equal places. Both coordinates are then
    replaced halfway by their ranks, which spreads dense groups over the map.
    """
    # Imported here because scikit-learn takes longer to import than most commands to run.
    from sklearn.manifold import TSNE  # noqa: PLC0415

    if len(centroids) < MIN_STORIES:
        return np.column_stack([np.linspace(0.2, 0.8, len(centroids)), [0.5] * len(centroids)])
    perplexity = min(NEIGHBOURS, (len(centroids) - 1) / 3)
    projection = TSNE(perplexity=perplexity, metric="cosine", init=_principal_components(centroids))
    return np.column_stack([_spread(each) for each in projection.fit_transform(centroids).T])


def _principal_components(centroids: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first two components, as small as t-SNE expects its start; signs are fixed."""
    left, sizes, _ = np.linalg.svd(centroids - centroids.mean(axis=0), full_matrices=False)
    signs = np.sign(left[np.abs(left[:, :2]).argmax(axis=0), [0, 1]])
    start = left[:, :2] * signs * sizes[:2]
    return np.asarray(start / max(start[:, 0].std(), 1e-9) * 1e-4, dtype=np.float32)


def _spread(values: NDArray[np.float32]) -> NDArray[np.float64]:
    scaled = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    ranks = values.argsort().argsort() / (len(values) - 1)
    return MARGIN + (1 - 2 * MARGIN) * np.asarray((scaled + ranks) / 2, dtype=np.float64)
