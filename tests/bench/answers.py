"""How fast the query API answers on a large store: `python -m tests.bench.answers [ARTICLES]`.

Everything is a ratio to a route that does nothing, of the same server in the same run.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from service.embed.bundled import TAG
from service.store import schema
from service.store.embedded import EmbeddedServer
from tests.bench.load import Seen, Wanted
from tests.bench.serve import EMPTY
from tests.support.filled import fill_store

ARTICLES, ARTICLES_PER_STORY = 200_000, 5
#: Clients at once, and of these as many as search.
CLIENTS, SEARCHING = 50, 4
SECONDS = 6.0
#: Of the requests so many, the last ones, are for warming up.
WARMING = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    what: str
    seen: Seen
    empty: Seen

    def __str__(self) -> str:
        seen, ratio = self.seen, self.seen.per_second / self.empty.per_second
        return (
            f"{self.what:<44}{seen.per_second:>9.0f}/s{ratio:>7.2f}"
            f"{seen.median_ms:>9.1f}{seen.p99_ms:>9.1f}{seen.bytes_each / 1000:>9.1f}"
        )


def main(articles: int = ARTICLES) -> None:
    """Fill a store, ask it, print what was seen."""
    with filled(articles) as url, server(url) as port:
        print(f"{'what':<44}{'answers':>11}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'kB':>9}")  # noqa: T201
        for line in lines(port):
            print(line, flush=True)  # noqa: T201


def lines(port: int) -> Iterator[Line]:
    """All comparisons; each beside the empty route as measured right before it."""
    stories = "/v1/stories"
    tag = f"If-None-Match: {etag_of(port, stories)}\r\n"
    packed = "Accept-Encoding: gzip\r\n"
    lists = [f"/v1/stories?sort=newest&limit=50&min_coverage={n}" for n in range(400)]
    ones = [f"/v1/stories/story{n}" for n in range(500)]
    for what, paths, headers, status, clients in (
        ("GET /v1/stories", [stories], "", 200, CLIENTS),
        ("GET /v1/stories, gzip", [stories], packed, 200, CLIENTS),
        ("304 for GET /v1/stories", [stories], tag, 304, CLIENTS),
        ("400 different lists, then kept", lists, packed, 200, CLIENTS),
        ("500 stories, then kept", ones, packed, 200, CLIENTS),
        ("search, each another one", searches("both"), "", 200, SEARCHING // 2),
        ("search, each another one", searches("both"), "", 200, SEARCHING),
        ("search by words, each another one", searches("words"), "", 200, SEARCHING),
    ):
        empty = ask(Wanted(port, [EMPTY], CLIENTS, SECONDS / 2))
        # Not with what is measured, where each question is to be a new one.
        ask(Wanted(port, paths[-WARMING:], clients, 1.0, headers, status))
        seen = ask(Wanted(port, paths, clients, SECONDS, headers, status))
        yield Line(f"{what} ({clients} clients)", seen, empty)


def searches(by: str) -> list[str]:
    """Questions of one to three words, common and rare ones, none of them twice."""
    random = np.random.default_rng(3)
    words = (20_000 * random.random((20_000, 3)) ** 4).astype(int)
    return [
        f"/v1/search?by={by}&q=" + "+".join(f"word{word}" for word in line[: 1 + row % 3])
        for row, line in enumerate(words)
    ]


def ask(wanted: Wanted) -> Seen:
    """Have another process ask."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(wanted)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Seen(**json.loads(done.stdout))


def etag_of(port: int, path: str) -> str:
    """What an answer is known by."""
    import http.client  # noqa: PLC0415

    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return str(answer.headers["ETag"])


@contextmanager
def filled(articles: int) -> Iterator[str]:
    """A store of that size on an embedded server that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="samestory-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        running = EmbeddedServer.start(name, throwaway=True)
        try:
            url = running.ensure_database("bench")
            engine = schema.connect(url)
            schema.upgrade(engine)
            started = time.perf_counter()
            fill_store(engine, articles=articles, stories=articles // ARTICLES_PER_STORY, model=TAG)
            engine.dispose()
            print(f"{articles} articles in {time.perf_counter() - started:.0f} s")  # noqa: T201
            yield url
        finally:
            running.stop()


@contextmanager
def server(url: str) -> Iterator[int]:
    """The server in a process of its own; yields its port."""
    command: Sequence[str] = [sys.executable, "-m", "tests.bench.serve", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(line)
        finally:
            process.terminate()


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
