"""Quality of the grouping on a labelled set, as batch and as stream, and its table."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.commands.research.candidate_quality import CandidateQuality, candidate_quality
from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.evaluation.grouping_metrics import Agreement
from service.domain.grouping.replay import replay
from service.domain.grouping.window import group_window
from service.domain.merges.model import MergeModel
from service.domain.pairs.scoring.score import PairModel
from tests.quality.report.floors import DIGEST_CHARACTERS, Floor
from tests.quality.sets.sets import EncodedSet

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
class SetQuality:
    """Metrics of one set under the default configuration.

    batch: agreement of one window. stream: agreement of a replay, if it was measured.
    candidates: quality of the scored pairs. encoding, grouping: duration of the batch in seconds.
    """

    name: str
    digest: str
    articles: int
    batch: Agreement
    stream: Agreement | None
    candidates: CandidateQuality
    encoding: float
    grouping: float


def measure(
    labelled: EncodedSet,
    *,
    model: PairModel | None = None,
    merge_model: MergeModel | None = None,
    as_stream: bool = True,
) -> SetQuality:
    """Group a set as batch and, unless disabled, as stream, and compare the groups with its labels.

    The default models are those of the set's profile.
    """
    model = model or load_pair_model(labelled.settings.pairs)
    merge_model = merge_model or load_merge_model(labelled.settings.merges)
    start = time.perf_counter()
    window = group_window(
        labelled.articles,
        labelled.vectors,
        model=model,
        merge_model=merge_model,
        settings=labelled.settings.stories,
    )
    seconds = time.perf_counter() - start
    stream = None
    if as_stream:
        result = replay(
            labelled.articles,
            labelled.vectors,
            model=model,
            merge_model=merge_model,
            settings=labelled.settings.stories,
            schedule=labelled.settings.replay,
        )
        stream = labelled.agreement(result.stories)
    ids = [article.id for article in labelled.articles]
    return SetQuality(
        name=labelled.name,
        digest=labelled.digest[:DIGEST_CHARACTERS],
        articles=len(labelled.articles),
        batch=labelled.agreement(window.labels()),
        stream=stream,
        candidates=candidate_quality(
            window, dict(zip(ids, labelled.labels, strict=True)), model.calibration
        ),
        encoding=labelled.seconds,
        grouping=seconds,
    )


def format_table(rows: Sequence[tuple[SetQuality, Floor | None]]) -> Iterator[str]:
    """The lines of a table, starting with the head."""
    yield _line([name for name, _ in _COLUMNS])
    for quality, floor in rows:
        yield _line(_cells(quality, floor))


def _cells(quality: SetQuality, floor: Floor | None) -> list[str]:
    batch, candidates = quality.batch, quality.candidates
    return [
        quality.name,
        str(quality.articles),
        *(f"{share:.3f}" for share in (batch.f1, batch.precision, batch.recall)),
        f"{quality.stream.f1:.3f}" if quality.stream else "–",
        f"{candidates.recall:.3f}",
        f"{candidates.per_article:.1f}",
        f"{candidates.calibration_error:.3f}",
        f"{quality.encoding:.1f}",
        f"{quality.grouping:.1f}",
        f"{floor.f1:.3f}" if floor else "none",
        quality.digest,
    ]


def _line(cells: Sequence[str]) -> str:
    first, *others = zip(cells, _COLUMNS, strict=True)
    shown = [f"{first[0]:<{first[1][1]}}"]
    return "".join(shown + [f"{cell:>{width}}" for cell, (_, width) in others])
