"""Coverage of a story: number of outlets, and of independent ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from service.domain.articles.model import Article, ArticleId


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of outlets; `independent` excludes copies and counts each publisher family once."""

    outlets: int
    independent: int


def count_coverage(
    articles: Sequence[Article],
    copies: Collection[ArticleId] = (),
    families: Mapping[str, str] | None = None,
) -> Coverage:
    """Count the outlets of a story's articles; `families` maps outlets to their owners.

    If all articles are copies, their common source counts as one independent outlet.
    """
    owners = families or {}
    outlets = {article.outlet for article in articles if article.outlet}
    originals = [each.outlet for each in articles if each.outlet and each.id not in copies]
    independent = {owners.get(outlet) or outlet for outlet in originals}
    return Coverage(len(outlets), max(len(independent), 1 if outlets else 0))
