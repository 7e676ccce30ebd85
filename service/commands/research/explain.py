"""Command `explain`: show the evidence for a pair of articles."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from service.commands.research import jsonl
from service.commands.research.grouper import ProfileOption, encode
from service.commands.running.models import load_merge_model, load_pair_model
from service.commands.running.output import AsJson
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.model import Article
from service.domain.grouping.window import Grouping, group_window
from service.domain.pairs.scoring.score import PAIR_FEATURES, PairModel, pair_features
from service.errors import NotFoundError
from service.settings import load as settings_module


def explain(
    one: Annotated[str, typer.Argument(metavar="A", help="Id of the first article.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Id of the second article.")],
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN.jsonl",
            help="File of articles, one JSON object per line, with both articles. Other articles "
            "of the file affect the score.",
        ),
    ],
    as_json: AsJson = False,
    profile: ProfileOption = "",
) -> None:
    """Show the pair score of two articles, its probability and the contribution of each feature."""
    if one == other:
        raise typer.BadParameter(f"Both ids are {one}; give the ids of two articles")
    settings = settings_module.load(profile=profile)
    articles = remove_boilerplate(jsonl.read_articles(source))
    pair = [find_article(articles, one), find_article(articles, other)]
    vectors = encode(articles, settings)
    model = load_pair_model(settings.pairs)
    grouping = group_window(
        articles,
        vectors,
        model=model,
        merge_model=load_merge_model(settings.merges),
        settings=settings.stories,
    )
    report = pair_report(pair, grouping, model)
    print(json.dumps(report, ensure_ascii=False) if as_json else "\n".join(format_report(report)))


def find_article(articles: Sequence[Article], article_id: str) -> Article:
    """Find an article by its id as text; raises NotFoundError."""
    for article in articles:
        if str(article.id) == article_id:
            return article
    raise NotFoundError("article", article_id)


def pair_report(pair: Sequence[Article], grouping: Grouping, model: PairModel) -> dict[str, Any]:
    """Score, probability, and contributions to the log odds, with the features of the window."""
    rows = [grouping.ids.index(article.id) for article in pair]
    labels = grouping.labels()
    values = pair_features(grouping.features, np.array([rows], dtype=np.int64), model)[0]
    score = model.score(grouping.features, np.array([rows], dtype=np.int64))
    return {
        "articles": [
            {"id": article.id, "title": article.title, "type": article.type} for article in pair
        ],
        "score": float(score[0]),
        "probability": float(model.calibration.probability(score)[0]),
        "log_odds": float(model.log_odds(values[None, :])[0]),
        "base_log_odds": model.base_log_odds(),
        "features": dict(zip(PAIR_FEATURES, values.tolist(), strict=True)),
        "contributions": model.contributions(values),
        "same_story": labels[pair[0].id] == labels[pair[1].id],
    }


def format_report(report: dict[str, Any]) -> list[str]:
    """Format the evidence as a table."""
    titles = [
        f"{article['id']}: {article['title']} ({article['type']})" for article in report["articles"]
    ]
    verdict = "one story" if report["same_story"] else "two stories"
    scores = f"pair score {report['score']:.3f}, probability {report['probability']:.3f}"
    lines = [*titles, f"{scores}, grouped as {verdict}", ""]
    lines.append(f"{'':22}{'value':>8}{'log odds':>10}")
    lines.append(f"{'base':22}{'':8}{report['base_log_odds']:>+10.2f}")
    for name, contribution in report["contributions"].items():
        lines.append(f"{name:22}{report['features'][name]:>8.3f}{contribution:>+10.2f}")
    return [*lines, f"{'sum':22}{'':8}{report['log_odds']:>+10.2f}"]
