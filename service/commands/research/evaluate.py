"""`samestory evaluate`: how well a grouping agrees with labels."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from service.commands.research import jsonl
from service.commands.research.candidate_recall import CandidateFigures, candidate_figures
from service.commands.research.grouper import Outcome, grouped, settings_of
from service.commands.research.jsonl import Label
from service.commands.research.link_quality import link_figures
from service.commands.running.models import load_pair_model
from service.domain.articles.model import Article, ArticleId
from service.domain.evaluation.grouping_metrics import Quality, quality
from service.domain.grouping.window import group_window
from service.errors import BadInputError
from service.settings.load import Settings


def evaluate(
    gold: Annotated[
        str, typer.Argument(metavar="GOLD.jsonl", help="Articles with their label as `story`.")
    ],
    predicted: Annotated[
        str, typer.Option(metavar="OUT.jsonl", help="A grouping made before; else one is made now.")
    ] = "",
    stream: Annotated[
        bool, typer.Option("--stream", help="Feed articles by date, as the daemon would.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a program can read.")] = False,
    profile: Annotated[str, typer.Option(help="Settings for another kind of input.")] = "",
) -> None:
    """Compare a grouping with labels: B-cubed, pairwise, ARI, AMI, counts, speed, churn.

    A grouping made now also shows its candidates, of the file as one window: the share of true pairs
    among those compared, others per article, and the calibration error of their scores.
    Where lines have `copy_of` or `storyline`, copies and storylines are compared with them too.
    The labels are taken out before the articles are grouped.
    """
    lines = jsonl.read_lines(gold)
    if not lines:
        raise BadInputError(f"{gold}: no articles")
    labels = jsonl.read_labels(gold, lines)
    settings = settings_of(profile)
    # Where the grouping was made before, the file need not hold more than labels.
    articles = [] if predicted else jsonl.articles_of(gold, lines)
    outcome = None if predicted else grouped(articles, settings, stream=stream)
    stories: Mapping[ArticleId, Label] = (
        outcome.stories if outcome else jsonl.read_labels(predicted, jsonl.read_lines(predicted))
    )
    told = aligned(labels, stories, predicted)
    report = figures(quality(list(labels.values()), told), outcome)
    compared = candidates(articles, outcome, labels, settings) if outcome else None
    report["candidates"] = asdict(compared) if compared else None
    report |= link_figures(gold, lines, told, settings)
    print(json.dumps(report) if as_json else "\n".join(readable(report)))


def aligned(
    labels: Mapping[ArticleId, Label], stories: Mapping[ArticleId, Label], path: str
) -> list[Label]:
    """The predicted story of each labelled article, in order; others are left out, with a word."""
    if missing := [key for key in labels if key not in stories]:
        raise BadInputError(f"{path}: no story for id {json.dumps(missing[0])}")
    if extra := len(stories) - len(labels):
        print(f"{path}: {extra} articles without label are left out", file=sys.stderr)
    return [stories[key] for key in labels]


def figures(found: Quality, outcome: Outcome | None) -> dict[str, Any]:
    """All figures; speed and churn are None where nothing was grouped or streamed."""
    speed = found.articles / outcome.seconds if outcome else None
    churn = asdict(outcome.churn) if outcome and outcome.churn else None
    seconds = outcome.seconds if outcome else None
    return asdict(found) | {"seconds": seconds, "articles_per_second": speed, "churn": churn}


def candidates(
    articles: Sequence[Article],
    outcome: Outcome,
    labels: Mapping[ArticleId, Label],
    settings: Settings,
) -> CandidateFigures:
    """Figures of what was compared; after a stream, of what would be in one window of all."""
    window = outcome.window or group_window(
        articles, outcome.vectors, model=load_pair_model(settings.pairs), settings=settings.stories
    )
    return candidate_figures(window, labels)


def readable(report: Mapping[str, Any]) -> Sequence[str]:
    """The figures, one a line."""
    lines = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            parts = "  ".join(f"{key} {_number(part)}" for key, part in value.items())
            lines.append(f"{name:20} {parts}")
        elif value is not None:
            lines.append(f"{name:20} {_number(value)}")
    return lines


def _number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
