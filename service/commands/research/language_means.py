"""Command `language-means`: compute the mean vector of each language under a model."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import ProfileOption, encode
from service.domain.articles.model import Article
from service.embed.language_means import LanguageMeans
from service.settings import load as settings_module

#: Maximum number of titles per language; more do not change its mean noticeably.
MAX_TITLES = 2000


def language_means(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN.jsonl",
            help="File of articles in several languages, one JSON object per line; only their "
            "titles are used.",
        ),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", help="Output file; - for standard output.")
    ],
    min_titles: Annotated[
        int,
        typer.Option(min=1, help="Minimum number of titles; languages with fewer get no mean."),
    ] = 150,
    profile: ProfileOption = "",
) -> None:
    """Compute the mean vector of the titles of each language, and write the means to a file.

    Set `embed.language_means` to the absolute path of the file.

    Deterministic: the same file gives the same means.
    """
    jsonl.require_writable(output)
    settings = settings_module.load(profile=profile)
    settings = replace(settings, embed=replace(settings.embed, language_means=""))
    titles = sample_titles(jsonl.read_articles(source))
    vectors = encode(titles, settings)
    sha256 = hashlib.sha256(Path(source).read_bytes()).hexdigest()
    about = {"encoder": vectors.model, "source": Path(source).name, "sha256": sha256}
    languages = [title.lang for title in titles]
    means = LanguageMeans.fit(vectors.values, languages, min_texts=min_titles, about=about)
    jsonl.write_file(output, means.dump().encode())


def sample_titles(articles: Sequence[Article]) -> list[Article]:
    """Titles of known language, at most `MAX_TITLES` per language, spread evenly over the file."""
    by_language: dict[str, list[Article]] = {}
    for article in articles:
        by_language.setdefault(article.lang, []).append(replace(article, text=""))
    by_language.pop("", None)
    sampled = []
    for name in sorted(by_language):
        titles = by_language[name]
        sampled += titles[:: max(1, len(titles) // MAX_TITLES)][:MAX_TITLES]
    return sampled
