"""Coverage of a story: number of outlets, and of independently reporting ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from service.domain.articles.model import Article, ArticleId


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of outlets; `independent` counts publisher families with a report that is no copy.

    Live pages, opinion and all other types of articles than reports count as coverage only.
    """

    outlets: int
    independent: int


def count_coverage(
    articles: Sequence[Article],
    copies: Collection[ArticleId] = (),
    families: Mapping[str, str] | None = None,
) -> Coverage:
    """Count the outlets of a story's articles; `families` maps outlets to their owners.

    If all reports are copies, their common source counts as one independent outlet. Without any
    report there is none.
    """
    owners = families or {}
    outlets = {article.outlet for article in articles if article.outlet}
    reports = [each for each in articles if each.outlet and each.type.is_independent_report]
    originals = [each.outlet for each in reports if each.id not in copies]
    independent = {owners.get(outlet) or outlet for outlet in originals}
    return Coverage(len(outlets), max(len(independent), 1 if reports else 0))
