"""Command `cluster`: group the articles of a file into stories."""

import sys
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import STREAM, ProfileOption, group_articles
from service.commands.running.times import parse_time
from service.domain.articles.boilerplate import remove_boilerplate
from service.settings import load as settings_module


def cluster(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN.jsonl",
            help="File of articles, one JSON object per line, plain or gzipped (.gz); "
            "- for standard input.",
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
            help=STREAM,
        ),
    ] = False,
    now: Annotated[
        str,
        typer.Option(
            help="Ignore publication dates that are more than an hour after this time (ISO 8601; "
            "UTC if it has no zone). Default: no limit."
        ),
    ] = "",
    profile: ProfileOption = "",
) -> None:
    """Group articles into stories, and write a line with id, story and type for each article.

    Each article has the keys `id` and `title`. The keys `text`, `outlet`, `url`, `published`
    (date), `lang` (ISO 639 code) and `type` are optional. A date without a time zone is in UTC, a
    date without a time is midnight. A missing type is derived from title, URL and text. Other keys
    are ignored.
    """
    jsonl.require_writable(output)
    settings = settings_module.load(profile=profile)
    latest = parse_time(now) if now else None
    articles = remove_boilerplate(jsonl.read_articles(source, now=latest))
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
