"""`samestory explain`: why two articles are, or are not, one story."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from service import jsonl
from service.commands.grouper import encode, pair_model, settings_of
from service.domain.articles import Article, Vectors
from service.domain.channels import Channels, Readings
from service.domain.pairs import FEATURES, PairModel, features
from service.domain.windows import group_window
from service.errors import NotFoundError


def explain(
    one: Annotated[str, typer.Argument(metavar="A", help="Id of an article.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Id of another one.")],
    source: Annotated[str, typer.Argument(metavar="IN.jsonl", help="The window both are in.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what a program can read.")] = False,
    profile: Annotated[str, typer.Option(help="Settings for another kind of input.")] = "",
) -> None:
    """The evidence for a pair: its score, and what each feature adds to it."""
    if one == other:
        raise typer.BadParameter("give the ids of two articles")
    settings = settings_of(profile)
    articles = jsonl.read_articles(source)
    rows = (row_of(articles, one), row_of(articles, other))
    vectors = encode(articles, settings)
    model = pair_model(settings.pairs)
    grouping = group_window(articles, vectors, model=model, settings=settings.stories)
    labels = grouping.labels()
    together = labels[articles[rows[0]].id] == labels[articles[rows[1]].id]
    report = evidence(articles, vectors, rows, model) | {"same_story": together}
    print(json.dumps(report, ensure_ascii=False) if as_json else "\n".join(readable(report)))


def row_of(articles: Sequence[Article], wanted: str) -> int:
    """The row of an id as given on the command line; NotFoundError if there is none."""
    for row, article in enumerate(articles):
        if str(article.id) == wanted:
            return row
    raise NotFoundError("article", wanted)


def evidence(
    articles: Sequence[Article], vectors: Vectors, rows: tuple[int, int], model: PairModel
) -> dict[str, Any]:
    """Score, features and each feature's share of the log odds."""
    readings = Readings.of(articles, vectors)
    channels = Channels.of(readings, readings.lexicon())
    pair = np.array([rows], dtype=np.int64)
    values = features(channels, pair, model)[0]
    return {
        "articles": [{"id": articles[row].id, "title": articles[row].title} for row in rows],
        "score": float(model.score(channels, pair)[0]),
        "log_odds": float(model.log_odds(values[None, :])[0]),
        "base": model.base(),
        "features": dict(zip(FEATURES, values.tolist(), strict=True)),
        "shares": model.shares(values),
    }


def readable(report: dict[str, Any]) -> list[str]:
    """The evidence as a small table."""
    titles = [f"{article['id']}: {article['title']}" for article in report["articles"]]
    verdict = "one story" if report["same_story"] else "two stories"
    lines = [*titles, f"pair score {report['score']:.3f}: grouped as {verdict}", ""]
    lines.append(f"{'':12}{'value':>8}{'log odds':>10}")
    lines.append(f"{'average':12}{'':8}{report['base']:>+10.2f}")
    for name, share in report["shares"].items():
        lines.append(f"{name:12}{report['features'][name]:>8.3f}{share:>+10.2f}")
    return [*lines, f"{'sum':12}{'':8}{report['log_odds']:>+10.2f}"]
