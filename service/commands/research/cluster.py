"""Command `cluster`: group the articles of a file into stories."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import ProfileOption, group_articles, load_settings


def cluster(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN.jsonl", help="Articles, one JSON object per line; may be .gz or -."
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="OUT.jsonl", help="Output file; - for standard output."
        ),
    ],
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Process articles in batches in date order, as `samestory up` does.",
        ),
    ] = False,
    now: Annotated[
        datetime | None,
        typer.Option(help="Treat dates after this time as invalid; UTC if it has no zone."),
    ] = None,
    profile: ProfileOption = "",
) -> None:
    """Group articles into stories and write one line with id, story and type per input line.

    Articles need id and title; text, outlet, url, published, lang and type are optional. Without
    a type, the rule for new articles sets it. Other keys are ignored.
    """
    jsonl.require_writable(output)
    settings = load_settings(profile)
    if now and not now.tzinfo:
        now = now.replace(tzinfo=UTC)
    articles = jsonl.read_articles(source, now=now)
    result = group_articles(articles, settings, stream=stream)
    rows = (
        {"id": article.id, "story": result.stories[article.id], "type": article.type}
        for article in articles
    )
    jsonl.write_lines(output, rows)
    if churn := result.churn:
        print(
            f"churn: {churn.moved:.2%} of the window moved per reconcile ({churn.reconciles} runs),"
            f" {churn.daily:.2%} per day, {churn.late:.2%} of all articles moved after "
            f"{settings.replay.min_age_hours:g} h",
            file=sys.stderr,
        )
