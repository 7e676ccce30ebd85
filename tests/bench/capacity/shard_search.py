"""Cost of candidate search in shards (parts of a window) of random unit vectors and words.

One process holds all shards, and searches one after the other: the new articles of one interval
search their candidates in their shard. Run: `python -m tests.bench.capacity.shard_search ROWS
QUERIES SHARDS`.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles.model import Vectors
from service.domain.pairs.candidates import candidate_pairs
from service.domain.pairs.features import CandidateFeatures
from service.settings import load as settings_module
from tests.bench.capacity.usage import ONE_THREAD, peak_memory, timed
from tests.bench.capacity.window_cost import LANGUAGES

DIMENSIONS, WORDS = 384, 20
#: Mean number of rows that contain a word; words this rare select candidates.
ROWS_PER_WORD = 20
HOURS = 7 * 24.0


@dataclass(frozen=True, slots=True)
class SearchCost:
    """CPU seconds of the search in all shards, and memory of the process in bytes.

    `rows` and `queries` are per shard. `loaded_memory` counts the arrays of all shards,
    `peak_memory` is the peak of the process.
    """

    rows: int
    queries: int
    shards: int
    seconds: float
    loaded_memory: int
    peak_memory: int


def measure_search(rows: int, queries: int, shards: int = 1) -> SearchCost:
    """Measure the search in a new process."""
    command = [sys.executable, "-m", "tests.bench.capacity.shard_search"]
    output = subprocess.run(
        [*command, str(rows), str(queries), str(shards)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | ONE_THREAD,
    ).stdout
    return SearchCost(**json.loads(output))


def search_here(rows: int, queries: int, shards: int) -> SearchCost:
    """Generate all shards, then search in each of them for the last rows."""
    settings = settings_module.load({}).window_stories.candidates
    candidate_pairs(synthetic_shard(100, seed=0), settings)  # the first call imports modules
    windows = [synthetic_shard(rows, seed=shard + 1) for shard in range(shards)]
    loaded = sum(map(array_bytes, windows))
    new = np.arange(rows - queries, rows, dtype=np.int64)
    seconds = 0.0
    for window in windows:
        seconds += timed(partial(candidate_pairs, window, settings, rows=new))[1]
    return SearchCost(rows, queries, shards, seconds, loaded, peak_memory())


def synthetic_shard(rows: int, *, seed: int) -> CandidateFeatures:
    """Generate the features of random articles in four languages."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((rows, DIMENSIONS), dtype=np.float32)
    values /= np.sqrt(np.einsum("ij,ij->i", values, values))[:, None]
    vocabulary = max(1, rows * WORDS // ROWS_PER_WORD)
    words = random.integers(0, vocabulary, size=rows * WORDS, dtype=np.int32)
    lead = csr_matrix(
        (np.ones(rows * WORDS), words, np.arange(0, rows * WORDS + 1, WORDS)),
        shape=(rows, vocabulary),
    )
    hours = np.sort(random.uniform(0, HOURS, size=rows))
    languages = np.array(LANGUAGES)[random.integers(0, len(LANGUAGES), size=rows)]
    return CandidateFeatures(Vectors("synthetic", values), lead, hours, languages)


def array_bytes(window: CandidateFeatures) -> int:
    """Return the bytes of the arrays of a shard."""
    lead = window.lead
    arrays = (window.vectors.values, lead.data, lead.indices, lead.indptr, window.hours)
    return sum(each.nbytes for each in (*arrays, window.languages))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(search_here(*map(int, sys.argv[1:4])))))
