"""`samestory cluster`: group a file of articles, without a database."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import grouped, settings_of
from service.domain.grouping.replay import Churn


def cluster(
    source: Annotated[
        str,
        typer.Argument(metavar="IN.jsonl", help="One article a line; .gz and - are understood."),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT.jsonl", help="Where to write; - prints.")
    ],
    stream: Annotated[
        bool, typer.Option("--stream", help="Feed articles by date, as the daemon would.")
    ] = False,
    now: Annotated[
        datetime | None, typer.Option(help="Later dates than this are not believed.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Settings for another kind of input.")] = "",
) -> None:
    """Group articles into stories: one line out for each line in, {"id": …, "story": …}.

    Articles need id and title; text, outlet, url, published and lang help; other keys are ignored.
    """
    jsonl.require_writable(output)
    settings = settings_of(profile)
    articles = jsonl.read_articles(source, now=aware(now))
    outcome = grouped(articles, settings, stream=stream)
    rows = ({"id": article.id, "story": outcome.stories[article.id]} for article in articles)
    jsonl.write_lines(output, rows)
    if outcome.churn is not None:
        print(churn_line(outcome.churn), file=sys.stderr)


def aware(moment: datetime | None) -> datetime | None:
    """A moment with its zone; one without counts as UTC."""
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment


def churn_line(churn: Churn) -> str:
    """Churn in one line."""
    return (
        f"churn: {churn.moved:.2%} of the window moved in each of {churn.reconciles} reconciles,"
        f" {churn.daily:.2%} in each day,"
        f" {churn.late:.2%} of all articles after they had settled"
    )
