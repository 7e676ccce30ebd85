"""Throughput and latency of the API on a large store: `python -m tests.bench.responses [STORE]`.

STORE is the number of articles, or the URL of a database that `fill_store` filled before. Ratios
compare each route with an empty route of the same server in the same run.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count, islice
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
from tests.support.database.rows import NOW

ARTICLES, ARTICLES_PER_STORY = 200_000, 5
#: Concurrent clients, in general and of searches.
CLIENTS, SEARCH_CLIENTS = 50, (1, 2, 4, 8)
#: Distinct queries per search run, more than one run completes: a repeated query would be served
#: from the response cache.
QUERIES = 2000
SECONDS = 6.0
#: Concurrent clients of requests that are not cached, and changes of stories per second.
FEW_CLIENTS, CHANGES = 2, 5
MONTH = timedelta(days=30)
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


def main(store: int | str = ARTICLES) -> None:
    """Measure all loads on a store and print the table."""
    filled = nullcontext(store) if isinstance(store, str) else filled_database(store)
    with filled as url, server(url) as port:
        print(f"{'load':<48}{'responses':>11}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'kB':>9}")  # noqa: T201
        for row in measure_rows(port):
            print(row, flush=True)  # noqa: T201
        for kind in ("articles", "stories"):
            print(f"export of {kind}: {measure_export(port, kind):.0f} items/s", flush=True)  # noqa: T201
        share = measure_not_modified(url, port)
        print(f"304 for unchanged stories, {CHANGES} changes a second: {share:.3f}")  # noqa: T201


def measure_rows(port: int) -> Iterator[Row]:
    """Measure all loads, each right after the empty route."""
    stories = "/v1/stories"
    tag = f"If-None-Match: {get_etag(port, stories)}\r\n"
    gzip = "Accept-Encoding: gzip\r\n"
    lists = [f"/v1/stories?sort=newest&limit=50&min_coverage={n}" for n in range(400)]
    ones = [f"/v1/stories/story{n}" for n in range(500)]
    for label, paths, headers, status in (
        ("GET /healthz", ["/healthz"], "", 200),
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
    for label, distinct in (
        ("different lists of stories", list(generate_lists())),
        ("different counts per day over 30 days", list(generate_counts("interval=day"))),
        ("different counts per day and country", list(generate_counts("interval=day&by=country"))),
        ("different counts per outlet", list(generate_counts("by=outlet"))),
    ):
        empty = run_load(Load(port, [EMPTY], CLIENTS, SECONDS / 2))
        result = run_load(Load(port, distinct, FEW_CLIENTS, SECONDS))
        yield Row(f"{label} ({FEW_CLIENTS} clients)", result, empty)
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


def generate_lists() -> Iterator[str]:
    """Generate distinct lists of 50 stories."""
    for minutes in range(QUERIES):
        until = (NOW - timedelta(minutes=10 * minutes)).isoformat().replace("+00:00", "Z")
        yield f"/v1/stories?sort=newest&limit=50&until={until}"


def generate_counts(parameters: str) -> Iterator[str]:
    """Generate distinct counts over 30 days."""
    for seconds in range(QUERIES):
        until = NOW - timedelta(seconds=seconds)
        times = (each.isoformat().replace("+00:00", "Z") for each in (until - MONTH, until))
        yield "/v1/counts?{}&since={}&until={}".format(parameters, *times)


def measure_export(port: int, kind: str) -> float:
    """Return the items per second of a whole export as JSONL."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    started = time.perf_counter()
    connection.request("GET", f"/v1/export/{kind}")
    response, items = connection.getresponse(), 0
    while chunk := response.read(1 << 20):
        items += chunk.count(b"\n")
    connection.close()
    return items / (time.perf_counter() - started)


def measure_not_modified(url: str, port: int) -> float:
    """Return the share of 304 among responses of unchanged stories while other stories change."""
    engine = schema.make_engine(url)
    paths = [f"/v1/stories/story{number}" for number in range(100, 150)]
    tags = {path: get_etag(port, path) for path in paths}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    statuses = []
    end = time.perf_counter() + SECONDS
    for number in count():
        if time.perf_counter() > end:
            break
        with engine.begin() as database:
            change = text("UPDATE stories SET headline = headline || '.' WHERE id = :id")
            database.execute(change, {"id": f"story{number % 100}"})
        pause = time.perf_counter() + 1 / CHANGES
        for path in paths:
            connection.request("GET", path, headers={"If-None-Match": tags[path]})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            if time.perf_counter() > pause:
                break
        time.sleep(max(0.0, pause - time.perf_counter()))
    connection.close()
    engine.dispose()
    return statuses.count(304) / len(statuses)


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
    main(*(int(each) if each.isdigit() else each for each in sys.argv[1:]))
