"""What is measured of a labelled set, and the table of it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.commands.research.candidate_quality import CandidateQuality, candidate_quality
from service.commands.running.models import load_pair_model
from service.domain.evaluation.grouping_metrics import Agreement
from service.domain.grouping.replay import replay
from service.domain.grouping.window import group_window
from tests.quality.report.floors import DIGEST_CHARACTERS, Floor
from tests.quality.sets.sets import Labelled

_COLUMNS = (
    ("set", 20),
    ("articles", 9),
    ("F1", 7),
    ("P", 7),
    ("R", 7),
    ("stream", 8),
    ("recall", 8),
    ("each", 7),
    ("ECE", 7),
    ("encode s", 10),
    ("group s", 9),
    ("floor", 7),
    ("sha256", DIGEST_CHARACTERS + 2),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One set's figures under the shipped configuration.

    stream: F1 of a replay. candidates: what was compared. encoding, grouping: seconds, of the
    batch.
    """

    name: str
    digest: str
    articles: int
    batch: Agreement
    stream: Agreement
    candidates: CandidateQuality
    encoding: float
    grouping: float


def measured(labelled: Labelled) -> Figures:
    """Group a set at once and as a stream, and compare both with its labels."""
    model = load_pair_model(labelled.settings.pairs)
    start = time.perf_counter()
    window = group_window(
        labelled.articles, labelled.vectors, model=model, settings=labelled.settings.stories
    )
    seconds = time.perf_counter() - start
    replayed = replay(
        labelled.articles,
        labelled.vectors,
        model=model,
        settings=labelled.settings.stories,
        schedule=labelled.settings.replay,
    )
    ids = [article.id for article in labelled.articles]
    return Figures(
        name=labelled.name,
        digest=labelled.digest[:DIGEST_CHARACTERS],
        articles=len(labelled.articles),
        batch=labelled.agreement(window.labels()),
        stream=labelled.agreement(replayed.stories),
        candidates=candidate_quality(window, dict(zip(ids, labelled.labels, strict=True))),
        encoding=labelled.seconds,
        grouping=seconds,
    )


def table(rows: Sequence[tuple[Figures, Floor | None]]) -> Iterator[str]:
    """The lines of a table, its head first."""
    yield _line([name for name, _ in _COLUMNS])
    for found, floor in rows:
        yield _line(_cells(found, floor))


def _cells(found: Figures, floor: Floor | None) -> list[str]:
    batch, candidates = found.batch, found.candidates
    shares = (batch.f1, batch.precision, batch.recall, found.stream.f1, candidates.recall)
    return [
        found.name,
        str(found.articles),
        *(f"{share:.3f}" for share in shares),
        f"{candidates.per_article:.1f}",
        f"{candidates.calibration_error:.3f}",
        f"{found.encoding:.1f}",
        f"{found.grouping:.1f}",
        f"{floor.f1:.3f}" if floor else "none",
        found.digest,
    ]


def _line(cells: Sequence[str]) -> str:
    first, *others = zip(cells, _COLUMNS, strict=True)
    shown = [f"{first[0]:<{first[1][1]}}"]
    return "".join(shown + [f"{cell:>{width}}" for cell, (_, width) in others])
