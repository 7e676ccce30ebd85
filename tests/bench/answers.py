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
from itertools import islice
from pathlib import Path

import numpy as np
from sqlalchemy import text

from service.embed.bundled import TAG
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from tests.bench.load import Seen, Wanted
from tests.bench.serve import EMPTY
from tests.support.database.large_store import fill_store

ARTICLES, ARTICLES_PER_STORY = 200_000, 5
#: Clients at once, and such as search.
CLIENTS, SEARCHING = 50, (1, 2, 4, 8)
#: Questions for each run of searches, more than are answered in its time: none comes twice, for an
#: answer that is kept costs next to nothing.
QUESTIONS = 2000
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
            f"{self.what:<48}{seen.per_second:>9.0f}/s{ratio:>7.2f}"
            f"{seen.median_ms:>9.1f}{seen.p99_ms:>9.1f}{seen.bytes_each / 1000:>9.1f}"
        )


def main(articles: int = ARTICLES) -> None:
    """Fill a store, ask it, print what was seen."""
    with filled(articles) as url, server(url) as port:
        print(f"{'what':<48}{'answers':>11}{'ratio':>7}{'p50 ms':>9}{'p99 ms':>9}{'kB':>9}")  # noqa: T201
        for line in lines(port):
            print(line, flush=True)  # noqa: T201


def lines(port: int) -> Iterator[Line]:
    """All comparisons; each beside the empty route as measured right before it."""
    stories = "/v1/stories"
    tag = f"If-None-Match: {etag_of(port, stories)}\r\n"
    packed = "Accept-Encoding: gzip\r\n"
    lists = [f"/v1/stories?sort=newest&limit=50&min_coverage={n}" for n in range(400)]
    ones = [f"/v1/stories/story{n}" for n in range(500)]
    for what, paths, headers, status in (
        ("GET /v1/stories", [stories], "", 200),
        ("GET /v1/stories, gzip", [stories], packed, 200),
        ("304 for GET /v1/stories", [stories], tag, 304),
        ("400 different lists, then kept", lists, packed, 200),
        ("500 stories, then kept", ones, packed, 200),
    ):
        empty = ask(Wanted(port, [EMPTY], CLIENTS, SECONDS / 2))
        ask(Wanted(port, paths[-WARMING:], CLIENTS, 1.0, headers, status))
        seen = ask(Wanted(port, paths, CLIENTS, SECONDS, headers, status))
        yield Line(f"{what} ({CLIENTS} clients)", seen, empty)
    for by in ("both", "words"):
        new = searches(by)
        # By few, for what is left waiting at the end is carried out all the same, while others ask.
        ask(Wanted(port, list(islice(new, WARMING)), SEARCHING[-1], SECONDS / 2))
        for clients in SEARCHING:
            empty = ask(Wanted(port, [EMPTY], CLIENTS, SECONDS / 2))
            seen = ask(Wanted(port, list(islice(new, QUESTIONS)), clients, SECONDS))
            if seen.answers > QUESTIONS:
                raise RuntimeError("questions came twice; raise QUESTIONS")
            yield Line(f"search by {by}, each another one ({clients} clients)", seen, empty)


def searches(by: str) -> Iterator[str]:
    """Questions of one to three words, common and rare ones, none of them twice."""
    random, asked = np.random.default_rng(3), set()
    while True:
        words = (20_000 * random.random(3) ** 4).astype(int)[: random.integers(1, 4)]
        question = "+".join(f"word{word}" for word in words)
        if question not in asked:
            asked.add(question)
            yield f"/v1/search?by={by}&q={question}"


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
            engine = schema.make_engine(url)
            schema.upgrade(engine)
            started = time.perf_counter()
            fill_store(engine, articles=articles, stories=articles // ARTICLES_PER_STORY, model=TAG)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("CHECKPOINT"))  # or it falls into what is measured
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
