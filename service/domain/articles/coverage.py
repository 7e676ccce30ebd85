"""How many outlets report a story, and how many of them by themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from service.domain.articles.model import Article, ArticleId


@dataclass(frozen=True, slots=True)
class Coverage:
    """Distinct outlets; `independent` leaves copies out and counts a publisher family once."""

    outlets: int
    independent: int


def coverage(
    articles: Sequence[Article],
    copies: Collection[ArticleId] = (),
    families: Mapping[str, str] | None = None,
) -> Coverage:
    """Count the outlets of a story's articles; `families` names the owner of an outlet.

    A story of nothing but copies has one independent source: what they copy.
    """
    owner = families or {}
    outlets = {article.outlet for article in articles if article.outlet}
    own = [article.outlet for article in articles if article.outlet and article.id not in copies]
    independent = {owner.get(outlet) or outlet for outlet in own}
    return Coverage(len(outlets), max(len(independent), 1 if outlets else 0))
