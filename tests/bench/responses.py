"""Throughput and latency of the API on a large store: `python -m tests.bench.responses [ARTICLES]`.

Ratios compare each route with an empty route of the same server in the same run.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from sqlalchemy import text

from service.embed.loader import load_encoder
from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from tests.bench.load import Load, LoadResult
from tests.bench.serve import EMPTY
from tests.support.database.large_store import fill_store

ARTICLES, ARTICLES_PER_STORY = 200_000, 5
#: Concurrent clients, in general and of searches.
CLIENTS, SEARCH_CLIENTS = 50, (1, 2, 4, 8)
#: Distinct queries per search run, more than one run completes: a repeated query would be served
#: from the response cache.
QUERIES = 2000
SECONDS = 6.0
#: Requests for the warm-up, taken from the end.
WARMUP_REQUESTS = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a load and the empty route measured before it."""

    label: str
    result: LoadResult
    empty: LoadResult

    def __str__(self) -> str:
        result = self.result
        ratio = result.per_second / self.empty.per_second
        return (
            f"{self.label:<48}{result.per_second:>9.0f}/s{ratio:>7.2f}"
            f"{result.median_ms:>9.1f}{result.p99_ms:>9.1f}{result.bytes_each / 1000:>9.1f}"
        )


def main(articles: int = ARTICLES) -> None:
    """Fill a store, measure all loads and print the table."""
    with filled_database(articles) as url, server(url) as port:
        print(f"{'load':<48}{'responses':>11}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'kB':>9}")  # noqa: T201
        for row in measure_rows(port):
            print(row, flush=True)  # noqa: T201


def measure_rows(port: int) -> Iterator[Row]:
    """Measure all loads, each right after the empty route."""
    stories = "/v1/stories"
    tag = f"If-None-Match: {get_etag(port, stories)}\r\n"
    gzip = "Accept-Encoding: gzip\r\n"
    lists = [f"/v1/stories?sort=newest&limit=50&min_coverage={n}" for n in range(400)]
    ones = [f"/v1/stories/story{n}" for n in range(500)]
    for label, paths, headers, status in (
        ("GET /v1/stories", [stories], "", 200),
        ("GET /v1/stories, gzip", [stories], gzip, 200),
        ("304 for GET /v1/stories", [stories], tag, 304),
        ("400 different lists, then cached", lists, gzip, 200),
        ("500 stories, then cached", ones, gzip, 200),
    ):
        empty = run_load(Load(port, [EMPTY], CLIENTS, SECONDS / 2))
        run_load(Load(port, paths[-WARMUP_REQUESTS:], CLIENTS, 1.0, headers, status))
        result = run_load(Load(port, paths, CLIENTS, SECONDS, headers, status))
        yield Row(f"{label} ({CLIENTS} clients)", result, empty)
    for mode in ("hybrid", "keyword"):
        searches = generate_searches(mode)
        # With few clients: searches that are queued at the end of the warm-up still run afterwards.
        run_load(
            Load(port, list(islice(searches, WARMUP_REQUESTS)), SEARCH_CLIENTS[-1], SECONDS / 2)
        )
        for clients in SEARCH_CLIENTS:
            empty = run_load(Load(port, [EMPTY], CLIENTS, SECONDS / 2))
            result = run_load(Load(port, list(islice(searches, QUERIES)), clients, SECONDS))
            if result.responses > QUERIES:
                raise RuntimeError("queries were repeated; increase QUERIES")
            yield Row(f"{mode} search, distinct queries ({clients} clients)", result, empty)


def generate_searches(mode: str) -> Iterator[str]:
    """Generate distinct search paths of one to three common or rare words."""
    random, seen = np.random.default_rng(3), set()
    while True:
        words = (20_000 * random.random(3) ** 4).astype(int)[: random.integers(1, 4)]
        query = "+".join(f"word{word}" for word in words)
        if query not in seen:
            seen.add(query)
            yield f"/v1/search?mode={mode}&q={query}"


def run_load(load: Load) -> LoadResult:
    """Run a load in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return LoadResult(**json.loads(done.stdout))


def get_etag(port: int, path: str) -> str:
    """Return the ETag of a path."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return str(response.headers["ETag"])


@contextmanager
def filled_database(articles: int) -> Iterator[str]:
    """Fill a temporary database with this many articles; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="samestory-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        running = EmbeddedServer.start(name, throwaway=True)
        try:
            url = running.ensure_database("bench")
            engine = schema.make_engine(url)
            schema.upgrade(engine)
            started = time.perf_counter()
            model = load_encoder(settings_module.load({}).embed).model
            stories = articles // ARTICLES_PER_STORY
            fill_store(engine, articles=articles, stories=stories, model=model)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("CHECKPOINT"))  # otherwise it runs during the measurement
            engine.dispose()
            print(f"{articles} articles in {time.perf_counter() - started:.0f} s")  # noqa: T201
            yield url
        finally:
            running.stop()


@contextmanager
def server(url: str) -> Iterator[int]:
    """Run the web server in a process of its own; yields its port."""
    command: Sequence[str] = [sys.executable, "-m", "tests.bench.serve", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(line)
        finally:
            process.terminate()


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
