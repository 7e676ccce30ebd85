"""`samestory explain`: why two articles are, or are not, one story."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from service.commands.research import jsonl
from service.commands.research.grouper import encode, settings_of
from service.commands.running.models import load_pair_model
from service.domain.articles.model import Article
from service.domain.grouping.window import Grouping, group_window
from service.domain.pairs.score import PAIR_FEATURES, PairModel, pair_features
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
    pair = [named(articles, one), named(articles, other)]
    vectors = encode(articles, settings)
    model = load_pair_model(settings.pairs)
    grouping = group_window(articles, vectors, model=model, settings=settings.stories)
    report = evidence(pair, grouping, model)
    print(json.dumps(report, ensure_ascii=False) if as_json else "\n".join(readable(report)))


def named(articles: Sequence[Article], wanted: str) -> Article:
    """The article of an id as given on the command line; NotFoundError if there is none."""
    for article in articles:
        if str(article.id) == wanted:
            return article
    raise NotFoundError("article", wanted)


def evidence(pair: Sequence[Article], grouping: Grouping, model: PairModel) -> dict[str, Any]:
    """Score, features and each feature's share of the log odds, as the window was grouped."""
    rows = [grouping.ids.index(article.id) for article in pair]
    labels = grouping.labels()
    values = pair_features(grouping.features, np.array([rows], dtype=np.int64), model)[0]
    return {
        "articles": [{"id": article.id, "title": article.title} for article in pair],
        "score": float(model.score(grouping.features, np.array([rows], dtype=np.int64))[0]),
        "log_odds": float(model.log_odds(values[None, :])[0]),
        "base": model.base(),
        "features": dict(zip(PAIR_FEATURES, values.tolist(), strict=True)),
        "shares": model.shares(values),
        "same_story": labels[pair[0].id] == labels[pair[1].id],
    }


def readable(report: dict[str, Any]) -> list[str]:
    """The evidence as a small table."""
    titles = [f"{article['id']}: {article['title']}" for article in report["articles"]]
    verdict = "one story" if report["same_story"] else "two stories"
    lines = [*titles, f"pair score {report['score']:.3f}: grouped as {verdict}", ""]
    lines.append(f"{'':12}{'value':>8}{'log odds':>10}")
    lines.append(f"{'average':12}{'':8}{report['base']:>+10.2f}")
    for name, share in report["shares"].items():
        lines.append(f"{name:12}{report['pair_features'][name]:>8.3f}{share:>+10.2f}")
    return [*lines, f"{'sum':12}{'':8}{report['log_odds']:>+10.2f}"]
