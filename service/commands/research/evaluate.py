"""Command `evaluate`: compare a grouping with labels."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.research import jsonl
from service.commands.research.candidate_quality import CandidateQuality, candidate_quality
from service.commands.research.grouper import (
    STREAM,
    GroupingResult,
    ProfileOption,
    group_articles,
)
from service.commands.research.jsonl import Label
from service.commands.research.link_quality import link_report
from service.commands.running.models import load_merge_model, load_pair_model
from service.commands.running.output import AsJson
from service.commands.running.store import open_store
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.model import Article, ArticleId
from service.domain.evaluation.grouping_metrics import GroupingQuality, grouping_quality
from service.domain.grouping.window import group_window
from service.errors import BadInputError
from service.settings import load as settings_module
from service.settings.load import Settings, profile_name
from service.store.operations.evaluations import Evaluation, record_evaluation


def evaluate(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD.jsonl",
            help="File of labelled articles, one JSON object per line; the key `story` is the "
            "label.",
        ),
    ],
    *,
    predicted: Annotated[
        str,
        typer.Option(
            metavar="OUT.jsonl",
            help="Output of `samestory cluster` to evaluate. Default: group the articles now.",
        ),
    ] = "",
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help=STREAM,
        ),
    ] = False,
    as_json: AsJson = False,
    record: Annotated[
        bool,
        typer.Option("--record", help="Store the result in the database, for /operations."),
    ] = False,
    profile: ProfileOption = "",
) -> None:
    """Compare a grouping with labels. Print B-cubed F1, pairwise F1, ARI, AMI and counts.

    Without --predicted, the output also has the speed, the recall of the candidates, the number of
    comparisons per article and the calibration error of the probability. With --stream, it also has
    the churn.

    If the articles have the keys `copy_of` or `storyline`, copies or storylines are evaluated, too.
    Labels are not used for grouping.
    """
    lines = jsonl.read_lines(gold)
    if not lines:
        raise BadInputError(f"{gold}: no articles; pass a file with labelled articles")
    labels = jsonl.read_labels(gold, lines)
    settings = settings_module.load(profile=profile)
    # With a given grouping, lines need only labels, unless copies or storylines are evaluated.
    articles = [] if predicted else remove_boilerplate(jsonl.parse_articles(gold, lines))
    result = None if predicted else group_articles(articles, settings, stream=stream)
    stories: Mapping[ArticleId, Label] = (
        result.stories if result else jsonl.read_labels(predicted, jsonl.read_lines(predicted))
    )
    aligned = align_stories(labels, stories, predicted)
    metrics = grouping_quality(list(labels.values()), aligned)
    if record:
        record_result(gold, metrics, profile_name(profile))
    report = grouping_report(metrics, result)
    quality = measure_candidates(articles, result, labels, settings) if result else None
    report["candidates"] = asdict(quality) if quality else None
    report |= link_report(gold, lines, aligned, settings)
    print(json.dumps(report) if as_json else "\n".join(format_report(report)))


def record_result(gold: str, metrics: GroupingQuality, profile: str) -> None:
    """Store the agreement with the labels of a file under the name of the file."""
    with open_store() as store, store.sessions.begin() as session:
        record_evaluation(
            session,
            Evaluation(store.clock(), Path(gold).name, profile, metrics.articles, metrics.bcubed),
        )


def align_stories(
    labels: Mapping[ArticleId, Label], stories: Mapping[ArticleId, Label], path: str
) -> list[Label]:
    """The predicted story of each labelled article, in order; warns about other articles.

    Raises:
        BadInputError: a labelled article has no predicted story.
    """
    if missing := [key for key in labels if key not in stories]:
        raise BadInputError(f"{path}: no story for id {json.dumps(missing[0])}")
    if extra := len(stories) - len(labels):
        print(f"{path}: ignored {extra} unlabelled articles", file=sys.stderr)
    return [stories[key] for key in labels]


def grouping_report(quality: GroupingQuality, result: GroupingResult | None) -> dict[str, Any]:
    """All metrics by name; speed is None if nothing was grouped, churn if nothing was streamed."""
    speed = quality.articles / result.seconds if result else None
    churn = asdict(result.churn) if result and result.churn else None
    seconds = result.seconds if result else None
    return asdict(quality) | {"seconds": seconds, "articles_per_second": speed, "churn": churn}


def measure_candidates(
    articles: Sequence[Article],
    result: GroupingResult,
    labels: Mapping[ArticleId, Label],
    settings: Settings,
) -> CandidateQuality:
    """Measure the scored pairs; after a stream, those of all articles as one window."""
    model = load_pair_model(settings.pairs)
    window = result.window or group_window(
        articles,
        result.vectors,
        model=model,
        merge_model=load_merge_model(settings.merges),
        settings=settings.stories,
    )
    return candidate_quality(window, labels, model.calibration)


def format_report(report: Mapping[str, Any]) -> Sequence[str]:
    """Format metrics, one per line."""
    lines = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            parts = "  ".join(f"{key} {_format_number(part)}" for key, part in value.items())
            lines.append(f"{name:20} {parts}")
        elif value is not None:
            lines.append(f"{name:20} {_format_number(value)}")
    return lines


def _format_number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
