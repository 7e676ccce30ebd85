"""Measurement of the costs of the capacity model.

Run `python -m tests.bench.capacity.measure [PART …] [--write]`.

The parts are jobs, windows, search, digest and languages. Prints the costs; `--write` stores them
in `config/capacity_costs.json`. Then update `docs/scale.md`: `python -m tests.support.scale_page
--write`.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from service.settings.paths import CONFIG_DIR
from tests.bench.capacity.jobs_cost import JobCosts, measure_jobs
from tests.bench.capacity.shard_search import SearchCost, measure_search
from tests.bench.capacity.window_cost import WindowCost, measure_window
from tests.bench.digests import create_digests
from tests.bench.feeds import embedded_server

FILE = CONFIG_DIR / "capacity_costs.json"
WINDOWS, TEXT_WORDS = (3000, 6000, 12_000), 400
SHARD_ROWS, QUERIES = (60_000, 120_000), (16, 256)
REPEATS, DIGESTS = 3, 100
#: Bytes per article with five earlier states of its story, and bytes of its vector in the index.
SIZE, VECTOR_INDEX = 9600.0, 1210.0
#: Bytes per article, from the peaks at 20,000 and 40,000 articles; small windows need less.
WINDOW_MEMORY = (1.0e9 - 0.6e9) / 20_000

Entry = dict[str, Any]


def main(names: Sequence[str], *, write: bool) -> None:
    """Measure the named parts, or all. Print the costs; with `write`, replace those in the file."""
    stored: dict[str, Entry] = {}
    if FILE.exists():
        stored = json.loads(FILE.read_text(encoding="utf-8"))["costs"]
    costs: dict[str, Entry] = {}
    for name in names or PARTS:
        costs |= PARTS[name]()
    if not write:
        sys.stdout.write(json.dumps(costs, indent=2) + "\n")
        return
    document = {"measured": environment(), "costs": stored | costs}
    FILE.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measure_all_jobs() -> dict[str, Entry]:
    """Measure the jobs without and with full texts."""
    with embedded_server() as server:
        lead = measure_jobs(server, with_text=False)
        return job_entries(lead, measure_jobs(server, with_text=True))


def measure_windows() -> dict[str, Entry]:
    """Measure grouping at several sizes of the window."""
    windows = [measure_window(count) for count in WINDOWS]
    return window_entries(windows, measure_window(WINDOWS[1], TEXT_WORDS))


def measure_searches() -> dict[str, Entry]:
    """Measure candidate search at two sizes of a shard."""
    return search_entries([[_median(rows, queries) for queries in QUERIES] for rows in SHARD_ROWS])


def measure_digests() -> dict[str, Entry]:
    """Measure the creation of digests."""
    seconds = create_digests(DIGESTS).seconds / DIGESTS
    source = f"tests.bench.digests, {DIGESTS} digests"
    return {"digest": entry(seconds, "CPU seconds per digest", source)}


def entry(value: float, unit: str, source: str, with_text: float | None = None) -> Entry:
    """Return a cost with three significant digits."""
    texts = {} if with_text is None else {"with_text": _round(with_text)}
    return {"value": _round(value)} | texts | {"unit": unit, "source": source}


def job_entries(lead: JobCosts, full: JobCosts) -> dict[str, Entry]:
    """Return the costs per article of the jobs, without and with full texts."""
    source = "tests.bench.capacity.jobs_cost, 800 articles"

    def both(name: str, part: str = "own") -> tuple[float, float]:
        return getattr(lead.jobs[name], part), getattr(full.jobs[name], part)

    def seconds(pair: tuple[float, float], unit: str = "CPU seconds per article") -> Entry:
        return entry(pair[0], unit, source, pair[1])

    def written(part: str, unit: str) -> Entry:
        sums = [sum(getattr(job, part) for job in each.jobs.values()) for each in (lead, full)]
        return entry(sums[0], unit, source, sums[1])

    reading = [each.parse + each.detect_language for each in (lead, full)]
    own = both("fetch")
    costs = {
        "fetch": seconds((max(0.0, own[0] - reading[0]), max(0.0, own[1] - reading[1]))),
        "parse": seconds((lead.parse, full.parse)),
        "detect_language": seconds((lead.detect_language, full.detect_language)),
        "encode": seconds(both("embed")),
        "place": seconds(both("place")),
        "describe": seconds(both("describe")),
    }
    for name, job in (("encode", "embed"), *((each, each) for each in _DATABASE_JOBS)):
        costs[f"database_{name}"] = seconds(
            both(job, "database"), "CPU seconds of Postgres per article"
        )
    per_run = "per article of the window, in each run"
    return costs | {
        "rows": written("rows", "rows written per article"),
        "wal": written("wal", "bytes of write-ahead log per article"),
        "size": entry(
            SIZE,
            "bytes per article",
            "decision record 0040; full text: tests.bench.capacity.jobs_cost",
            SIZE + full.bytes_on_disk - lead.bytes_on_disk,
        ),
        "vector_index": entry(VECTOR_INDEX, "bytes per article", "docs/operations.md"),
        "load_window": seconds((lead.load.own, full.load.own), f"CPU seconds {per_run}"),
        "database_load_window": seconds(
            (lead.load.database, full.load.database), f"CPU seconds of Postgres {per_run}"
        ),
        "process_memory": entry(lead.memory, "bytes", source),
    }


_DATABASE_JOBS = ("fetch", "place", "reconcile", "describe")


def window_entries(windows: Sequence[WindowCost], full: WindowCost) -> dict[str, Entry]:
    """Return the costs of grouping; `full` is the middle window with full texts."""
    sizes = [each.articles for each in windows]
    source = (
        f"tests.bench.capacity.window_cost, {', '.join(f'{each:,}' for each in sizes)} articles"
    )
    sums = [each.features + each.pair_scores + each.merges for each in windows]
    exponent, _ = np.polyfit(np.log(sizes), np.log(sums), 1)
    last, middle = windows[-1], windows[len(windows) // 2]
    text_memory = (full.peak_memory - middle.peak_memory) / middle.articles
    costs = {
        name: entry(
            getattr(last, name) / last.articles,
            "CPU seconds per article, in each run",
            source,
            max(getattr(last, name), getattr(full, name) * last.articles / full.articles)
            / last.articles,
        )
        for name in ("features", "pair_scores", "merges")
    }
    return costs | {
        "grouping_articles": entry(last.articles, "articles", source),
        # Fixed costs make small windows grow less than large ones.
        "grouping_exponent": entry(
            max(1.0, exponent),
            "exponent of the articles of the window, at least 1",
            f"{source}; measured {exponent:.2f}",
        ),
        "window_memory": entry(
            WINDOW_MEMORY,
            "bytes per article of the window",
            "decision record 0041; full text: tests.bench.capacity.window_cost",
            WINDOW_MEMORY + max(0.0, text_memory),
        ),
    }


def search_entries(measured: Sequence[Sequence[SearchCost]]) -> dict[str, Entry]:
    """Fit the costs of candidate search; each size has a run with few and one with many queries."""
    source = "tests.bench.capacity.shard_search, " + " and ".join(f"{n:,} rows" for n in SHARD_ROWS)
    rows = np.array([few.rows for few, _ in measured], dtype=np.float64)
    comparison = np.array(
        [(many.seconds - few.seconds) / (many.queries - few.queries) for few, many in measured]
    )
    # The setup copies each row once, so it is proportional to the rows.
    setup = np.mean(([few.seconds for few, _ in measured] - comparison * QUERIES[0]) / rows)
    exponent, logarithm = np.polyfit(np.log(rows), np.log(comparison), 1)
    peaks = [many.peak_memory for _, many in measured]
    memory, base = np.polyfit(rows, peaks, 1)
    kept, _ = np.polyfit(rows, [many.loaded_memory for _, many in measured], 1)
    return {
        "search_base_memory": entry(base, "bytes", source),
        "shard_memory": entry(kept, "bytes per row", source),
        "search_memory": entry(memory - kept, "bytes per row", source),
        "search_setup": entry(float(setup), "CPU seconds per row", source),
        "search_comparison": entry(
            np.exp(logarithm), "CPU seconds per query and rows ** exponent", source
        ),
        "search_comparison_exponent": entry(exponent, "exponent of the rows", source),
    }


def _median(rows: int, queries: int) -> SearchCost:
    runs = [measure_search(rows, queries) for _ in range(REPEATS)]
    return sorted(runs, key=lambda each: each.seconds)[REPEATS // 2]


def count_languages() -> dict[str, Entry]:
    """Return the share of the shipped feeds in their most frequent language."""
    feeds = [
        each.get("language")
        for each in ET.parse(CONFIG_DIR / "feeds.opml").iter("outline")  # noqa: S314 - our own file
        if each.get("xmlUrl")
    ]
    share = max(feeds.count(language) for language in set(feeds)) / len(feeds)
    source = "feeds of config/feeds.opml"
    return {"largest_language_share": entry(share, "share of the articles", source)}


def environment() -> Mapping[str, str]:
    """Return date, command and processor of the measurement."""
    flags = {"avx512_bf16", "amx_bf16"}
    with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - not a regular file
        found = sorted(flags & set(file.read().split()))
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": "python -m tests.bench.capacity.measure --write",
        "processor": f"{os.cpu_count()} cores; {', '.join(found) or 'no bfloat16'}",
    }


def _round(value: float) -> float:
    return float(f"{value:.3g}")


PARTS: Mapping[str, Callable[[], dict[str, Entry]]] = {
    "jobs": measure_all_jobs,
    "windows": measure_windows,
    "search": measure_searches,
    "digest": measure_digests,
    "languages": count_languages,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=PARTS, metavar="PART")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    main(arguments.parts, write=arguments.write)
