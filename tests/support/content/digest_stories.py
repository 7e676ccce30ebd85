"""Factories of digest stories and reports."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from service.domain.stories.ranking import compute_rank
from service.domain.subscribers.digests.stories import DigestReport, DigestStory, SummarySentence

#: Creation time of the tests' editions.
NOW = datetime(2023, 4, 25, 6, tzinfo=UTC)
ARTICLES = count(1)
COUNTRIES = {"daily": "GB", "herald": "US", "wire": "FR", "gazeta": "PL", "post": "US", "sun": "AU"}


def report(
    outlet: str, title: str = "A report", *, hours: float = 2, **values: object
) -> DigestReport:
    """Build a report `hours` before `NOW`."""
    article = next(ARTICLES)
    defaults: dict[str, object] = {
        "article": article,
        "title": title,
        "url": f"https://{outlet}.example/{article}",
        "outlet": outlet,
        "name": outlet.title(),
        "country": COUNTRIES.get(outlet),
        "family": outlet,
        "language": "en",
        "at": NOW - timedelta(hours=hours),
        "copy": False,
    }
    return DigestReport(**{**defaults, **values})  # type: ignore[arg-type]


def story(headline: str, reports: Sequence[DigestReport | str], **values: object) -> DigestStory:
    """Build a story; an outlet stands for its report of the headline, half an hour apart."""
    built = tuple(
        report(each, headline, hours=6 - 0.5 * n) if isinstance(each, str) else each
        for n, each in enumerate(reports)
    )
    slug = headline.lower().replace(" ", "-")
    defaults: dict[str, object] = {
        "id": slug,
        "slug": slug,
        "headline": headline,
        "headline_article": built[0].article,
        "storyline": None,
        "rank": compute_rank(
            len({each.family for each in built if not each.copy}), built[-1].at
        ).total,
        "pinned": False,
        "changed_at": built[-1].at,
        "summary": (SummarySentence(f"{headline}, officials said on Monday.", built[0].name),),
        "reports": built,
    }
    return DigestStory(**{**defaults, **values})  # type: ignore[arg-type]
