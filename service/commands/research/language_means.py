"""`samestory centres`: where the middle of each language lies among a model's vectors."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import encode, settings_of
from service.domain.articles.model import Article
from service.embed.language_means import LanguageMeans

#: Articles of a language that are encoded; more no longer move its mean.
MOST = 2000


def language_means(
    source: Annotated[
        str, typer.Argument(metavar="IN.jsonl", help="News in several languages; titles count.")
    ],
    output: Annotated[str, typer.Option("-o", "--output", help="Where the means go.")],
    least: Annotated[int, typer.Option(min=1, help="Articles that a mean needs.")] = 150,
    profile: Annotated[str, typer.Option(help="Settings that name the model.")] = "",
) -> None:
    """Mean vector of the titles of each language, for the setting `embed.centres`.

    Nothing is random: the same file gives the same means.
    """
    jsonl.require_writable(output)
    settings = settings_of(profile)
    settings = replace(settings, embed=replace(settings.embed, language_means=""))
    titles = spread(jsonl.read_articles(source))
    vectors = encode(titles, settings)
    made_of = {"encoder": vectors.model, "source": Path(source).name, "sha256": digest(source)}
    found = LanguageMeans.fit(
        vectors.values, [title.lang for title in titles], least=least, about=made_of
    )
    jsonl.write_whole(Path(output), found.dump().encode())


def spread(articles: Sequence[Article]) -> list[Article]:
    """Titles of known language, at most `MOST` a language, evenly spread over the file."""
    of_language: dict[str, list[Article]] = {}
    for article in articles:
        of_language.setdefault(article.lang, []).append(replace(article, text=""))
    of_language.pop("", None)
    return [
        title
        for name in sorted(of_language)
        for title in of_language[name][:: max(1, len(of_language[name]) // MOST)][:MOST]
    ]


def digest(path: str) -> str:
    """sha256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
