"""Stories as the digest reads them, made up from a few words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from service.domain.stories.ranking import compute_rank
from service.domain.subscribers import digest_selection
from service.domain.subscribers.digest_model import DigestReport, DigestStory, SummarySentence

#: When the issues of tests are made.
NOW = datetime(2023, 4, 25, 6, tzinfo=UTC)
ARTICLES = count(1)
COUNTRIES = {"daily": "GB", "herald": "US", "wire": "FR", "gazeta": "PL", "post": "US", "sun": "AU"}


def report(
    outlet: str, title: str = "A report", *, hours: float = 2, **values: object
) -> DigestReport:
    """A report of some hours before `NOW`."""
    article = next(ARTICLES)
    facts: dict[str, object] = {
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
    return DigestReport(**{**facts, **values})  # type: ignore[arg-type]


def story(headline: str, reports: Sequence[DigestReport | str], **values: object) -> DigestStory:
    """A story; outlets stand for reports of theirs under the headline, an hour apart."""
    told = tuple(
        report(each, headline, hours=6 - 0.5 * n) if isinstance(each, str) else each
        for n, each in enumerate(reports)
    )
    slug = headline.lower().replace(" ", "-")
    facts: dict[str, object] = {
        "id": slug,
        "slug": slug,
        "headline": headline,
        "speaker": told[0].article,
        "storyline": None,
        "rank": compute_rank(
            len({each.family for each in told if not each.copy}), told[-1].at
        ).total,
        "pinned": False,
        "changed_at": told[-1].at,
        "told": digest_selection.search_text(headline, (), ()),
        "summary": (SummarySentence(f"{headline}, officials said on Monday.", told[0].name),),
        "reports": told,
    }
    return DigestStory(**{**facts, **values})  # type: ignore[arg-type]
