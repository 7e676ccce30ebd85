"""Random pair scores for property tests."""

import numpy as np
from hypothesis import strategies as st

from service.domain.merges.units import Matrix


@st.composite
def score_matrices(draw: st.DrawFn, min_count: int = 1, max_count: int = 9) -> Matrix:
    """Symmetric pair scores between 0 and 1 of a few units, 1 on the diagonal."""
    count = draw(st.integers(min_count, max_count))
    cells = draw(st.lists(st.floats(0, 1), min_size=count * count, max_size=count * count))
    upper = np.triu(np.array(cells).reshape(count, count), 1)
    return np.asarray(upper + upper.T + np.eye(count))
