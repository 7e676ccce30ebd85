"""The pictures of `docs/quality.md`, measured with weights that never saw the set they show.

    python -m tests.quality.report.pictures GOLD.jsonl...

takes the files that the weights are trained on, and draws all but those that are too large to be
grouped over and over. Nothing is random.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from service.commands.research.grouper import load_settings
from service.commands.research.train import LabelledSet, load_labelled_set, train_model
from service.domain.articles.model import Rows
from service.domain.evaluation.grouping_metrics import Agreement, bcubed
from service.domain.grouping.window import group_window
from service.domain.pairs.candidates import Pairs
from service.domain.pairs.features import Features
from service.domain.pairs.score import PairModel
from service.domain.pairs.training import calibration_error
from service.settings.load import Settings
from tests.quality.report.charts import Panel, cut_chart, reliability_chart

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
#: What is added to the log odds of every pair, from the most cautious to the boldest.
CUTS = tuple(float(cut) for cut in np.arange(-4, 4.5, 0.5))
#: Larger sets are left to the training.
MOST_ARTICLES = 2000
_BINS = 10
#: The share of true pairs among fewer pairs than this says little.
_FEWEST_PAIRS = 15


@dataclass(frozen=True, slots=True)
class Cut(PairModel):
    """A pair model that adds a constant to the log odds of every pair of a window."""

    by: float = 0.0

    def estimate_prior_shift(self, features: Features, pairs: Pairs) -> float:
        """The window's own shift and the constant."""
        return PairModel.estimate_prior_shift(self, features, pairs) + self.by


def left_out(sets: Sequence[LabelledSet], settings: Settings) -> Iterator[tuple[LabelledSet, Cut]]:
    """Each set that is drawn, with a model of the others."""
    for one in sets:
        if one.name == one.file and len(one.articles) <= MOST_ARTICLES:
            others = [each for each in sets if each.file != one.file]
            model = train_model(others, settings, about={})
            yield one, Cut(**asdict(model))


def reliability(labelled: LabelledSet, model: PairModel) -> Panel:
    """Mean score and share of true pairs in ten equal bins of the score, small ones pooled."""
    with_prior_shift = labelled.features.with_prior_shift(
        model.estimate_prior_shift(labelled.features, labelled.pairs)
    )
    scores, same = model.score(with_prior_shift, labelled.pairs), labelled.labelled_pairs.same
    bins = pooled(np.minimum((scores * _BINS).astype(np.int64), _BINS - 1))
    points = [(float(scores[rows].mean()), float(same[rows].mean())) for rows in bins]
    shares = [len(rows) / len(scores) for rows in bins]
    error = calibration_error(scores, same)
    return Panel(named(labelled), f"ECE {short(error)}, {len(scores):,} pairs", points, shares)


def pooled(bins: Rows) -> list[Rows]:
    """The rows of each bin; bins of few rows are one with the next, the last with those before."""
    groups: list[Rows] = []
    for number in range(_BINS):
        rows = np.flatnonzero(bins == number)
        if groups and len(groups[-1]) < _FEWEST_PAIRS:
            groups[-1] = np.concatenate([groups[-1], rows])
        elif len(rows):
            groups.append(rows)
    if len(groups) > 1 and len(groups[-1]) < _FEWEST_PAIRS:
        last = groups.pop()
        groups[-1] = np.concatenate([groups[-1], last])
    return groups


def trade(labelled: LabelledSet, model: Cut, settings: Settings) -> Panel:
    """Recall and precision of the grouping at every cut."""
    found = [at_cut(labelled, model, cut, settings) for cut in CUTS]
    shipped = found[CUTS.index(0)]
    note = f"F1 {short(shipped.f1)}, at the best cut {short(max(each.f1 for each in found))}"
    return Panel(named(labelled), note, [(each.recall, each.precision) for each in found])


def at_cut(labelled: LabelledSet, model: Cut, by: float, settings: Settings) -> Agreement:
    """How well the grouping agrees when every pair's log odds are moved."""
    moved = Cut(**{**asdict(model), "by": by})
    grouping = group_window(
        labelled.articles, labelled.vectors, model=moved, settings=settings.stories
    ).labels()
    return bcubed(labelled.labels, [grouping[article.id] for article in labelled.articles])


def short(value: float) -> str:
    """Three digits, without the zero before the point."""
    return f"{value:.3f}".removeprefix("0")


def named(labelled: LabelledSet) -> str:
    """The set's name as the tables have it."""
    return labelled.name.partition(".")[0]


def main(
    gold: Annotated[list[Path], typer.Argument(help="Labelled files.")],
    out: Annotated[Path, typer.Option(help="Where the pictures go.")] = PICTURES,
) -> None:
    """Draw how reliable the pair score is, and what a bolder or more cautious cut would do."""
    settings = load_settings("")
    sets = [load_labelled_set(str(path), settings) for path in gold]
    sets += [load_labelled_set(str(path), settings, titles=True) for path in gold]
    pairs = list(left_out(sets, settings))
    (out / "reliability.svg").write_text(
        reliability_chart([reliability(*each) for each in pairs]), "utf-8"
    )
    (out / "precision_recall.svg").write_text(
        cut_chart([trade(*each, settings) for each in pairs], CUTS), "utf-8"
    )


if __name__ == "__main__":
    typer.run(main)
