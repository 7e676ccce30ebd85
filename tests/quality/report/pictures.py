"""Charts in `docs/quality.md`, measured with leave-one-out weights.

    python -m tests.quality.report.pictures GOLD.jsonl...

Takes the training files and draws those that are small enough to be grouped many times.
Deterministic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from service.commands.research.grouper import ProfileOption
from service.commands.research.train import LabelledSet, load_labelled_set, train_model
from service.commands.running.models import load_merge_model
from service.domain.articles.model import Floats, Rows
from service.domain.evaluation.grouping_metrics import Agreement, bcubed
from service.domain.grouping.window import group_window
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.scoring.training import calibration_error
from service.settings import load as settings_module
from service.settings.load import Settings
from tests.quality.report.charts import Panel, cut_chart, reliability_chart

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
#: Shifts of the log odds of every pair.
CUTS = tuple(float(cut) for cut in np.arange(-4, 4.5, 0.5))
#: Larger sets are used for training only.
MAX_ARTICLES = 2000
_BINS = 10
#: Minimum number of pairs per bin.
_MIN_PAIRS = 15


@dataclass(frozen=True, slots=True)
class ShiftedModel(PairModel):
    """A pair model that shifts the log odds of every pair of a window by a constant."""

    by: float = 0.0

    def estimate_prior_shift(self, scores: Floats, pairs: Pairs, hours: Floats) -> float:
        """The prior shift of the window plus the constant."""
        return PairModel.estimate_prior_shift(self, scores, pairs, hours) + self.by


def shift_scores(model: PairModel, by: float) -> ShiftedModel:
    """The same model with a shift."""
    values = {each.name: getattr(model, each.name) for each in fields(PairModel)}
    return ShiftedModel(**values, by=by)


def leave_one_out(
    sets: Sequence[LabelledSet], settings: Settings
) -> Iterator[tuple[LabelledSet, ShiftedModel]]:
    """Each set to draw, with a model trained on the other sets."""
    for one in sets:
        if one.name == one.file and len(one.articles) <= MAX_ARTICLES:
            others = [each for each in sets if each.file != one.file]
            model = train_model(others, settings, about={})
            yield one, shift_scores(model, 0.0)


def reliability_panel(labelled: LabelledSet, model: PairModel) -> Panel:
    """Mean score and share of true pairs in ten equal bins of the score; small bins are pooled."""
    _, scores = model.score_with_prior_shift(labelled.features, labelled.pairs)
    same = labelled.labelled_pairs.same
    bins = pool_bins(np.minimum((scores * _BINS).astype(np.int64), _BINS - 1))
    points = [(float(scores[rows].mean()), float(same[rows].mean())) for rows in bins]
    shares = [len(rows) / len(scores) for rows in bins]
    error = calibration_error(scores, same)
    return Panel(
        set_title(labelled), f"ECE {format_share(error)}, {len(scores):,} pairs", points, shares
    )


def pool_bins(bins: Rows) -> list[Rows]:
    """The rows of each bin; small bins are pooled with the next, the last with the previous."""
    groups: list[Rows] = []
    for number in range(_BINS):
        rows = np.flatnonzero(bins == number)
        if groups and len(groups[-1]) < _MIN_PAIRS:
            groups[-1] = np.concatenate([groups[-1], rows])
        elif len(rows):
            groups.append(rows)
    if len(groups) > 1 and len(groups[-1]) < _MIN_PAIRS:
        last = groups.pop()
        groups[-1] = np.concatenate([groups[-1], last])
    return groups


def trade_off_panel(labelled: LabelledSet, model: ShiftedModel, settings: Settings) -> Panel:
    """Recall and precision of the grouping at every shift."""
    agreements = [agreement_at(labelled, model, cut, settings) for cut in CUTS]
    unshifted = agreements[CUTS.index(0)]
    note = f"F1 {format_share(unshifted.f1)}, at the best shift {format_share(max(each.f1 for each in agreements))}"
    return Panel(set_title(labelled), note, [(each.recall, each.precision) for each in agreements])


def agreement_at(
    labelled: LabelledSet, model: ShiftedModel, by: float, settings: Settings
) -> Agreement:
    """Agreement of the grouping when the log odds of every pair are shifted."""
    shifted = shift_scores(model, by)
    grouping = group_window(
        labelled.articles,
        labelled.vectors,
        model=shifted,
        merge_model=load_merge_model(settings.merges),
        settings=settings.stories,
    ).labels()
    return bcubed(labelled.labels, [grouping[article.id] for article in labelled.articles])


def format_share(value: float) -> str:
    """Format a share with three digits, without the leading zero."""
    return f"{value:.3f}".removeprefix("0")


def set_title(labelled: LabelledSet) -> str:
    """The name of a set without file extension."""
    return labelled.name.partition(".")[0]


def main(
    gold: Annotated[list[Path], typer.Argument(help="Labelled files.")],
    out: Annotated[Path, typer.Option(help="Output folder.")] = PICTURES,
    profile: ProfileOption = "english",
) -> None:
    """Draw the reliability of the pair score, and precision and recall at shifted log odds."""
    settings = settings_module.load(profile=profile)
    sets = [load_labelled_set(str(path), settings) for path in gold]
    sets += [load_labelled_set(str(path), settings, titles=True) for path in gold]
    pairs = list(leave_one_out(sets, settings))
    (out / "reliability.svg").write_text(
        reliability_chart([reliability_panel(*each) for each in pairs]), "utf-8"
    )
    (out / "precision_recall.svg").write_text(
        cut_chart([trade_off_panel(*each, settings) for each in pairs], CUTS), "utf-8"
    )


if __name__ == "__main__":
    typer.run(main)
