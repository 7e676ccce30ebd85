"""Rules for revisions: whether a new version of an entry replaces the stored version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.articles.entries import Draft
from service.domain.urls.canonical import canonical_url

#: Period of the limit of revisions. A feed may return to an earlier version only after this time
#: without a revision.
DAY = timedelta(days=1)
MAX_REVISIONS_PER_DAY = 6


@dataclass(frozen=True, slots=True)
class FormerVersion:
    """A stored former version of an article."""

    content_hash: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """The stored version of an article, and the version that the feed had at its last fetch."""

    content_hash: str
    updated: datetime | None
    former: Sequence[FormerVersion]
    last_in_feed: str | None  #: content hash; None if this feed never had the article
    is_own_feed: bool  #: whether this feed was the first with the article


class Verdict(StrEnum):
    """Decision on a new version of an entry."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    DEFER = "defer"  #: decided again when the feed is next read


def judge(draft: Draft, stored: StoredVersion, *, now: datetime) -> Verdict:
    """Decide whether a draft replaces the stored version.

    The version that the feed had at its last fetch is ignored, so feeds with different teasers do
    not alternately replace each other's text. A feed other than the first with the article must
    pass one more check. If both versions have `updated`, that of the draft must be later. If only
    one or neither has it, a feed that had the article before may revise the article. A feed that
    has the article for the first time then needs `updated`.

    Some feeds alternate between versions, so a former version is accepted only after a day without
    a revision. At most `MAX_REVISIONS_PER_DAY` revisions are accepted in 24 hours. A draft that
    must wait for one of these limits is deferred.
    """
    if draft.content_hash in {stored.content_hash, stored.last_in_feed}:
        return Verdict.IGNORE
    if not stored.is_own_feed and not _may_revise(draft, stored):
        return Verdict.IGNORE
    recent = [each for each in stored.former if each.replaced_at > now - DAY]
    returns = any(each.content_hash == draft.content_hash for each in stored.former)
    too_often = len(recent) >= MAX_REVISIONS_PER_DAY or (returns and recent)
    return Verdict.DEFER if too_often else Verdict.ACCEPT


def replaces_link(stored: str, link: str) -> bool:
    """Whether a link has another host or path than the stored link.

    Parameters are ignored, because session ids and campaign parameters differ at each fetch.
    """
    return _page(stored) != _page(link)


def is_key_of(stored: str, link: str) -> bool:
    """Whether a stored URL is only the comparison key of a link."""
    return stored != link and stored == canonical_url(link)


def late_report_time(
    published: datetime, first_seen: datetime, *, tolerance: timedelta
) -> datetime:
    """Return the report time of an article whose date arrives later than the article.

    An article that was seen before its date cannot have been published at that date. `tolerance`
    allows for clocks of publishers that are ahead.
    """
    return published if published <= first_seen + tolerance else first_seen


def _page(url: str) -> str:
    return (canonical_url(url) or url).partition("?")[0].partition("#")[0]


def _may_revise(draft: Draft, stored: StoredVersion) -> bool:
    """Whether a feed other than the first with the article may replace the stored version."""
    if draft.updated is None or stored.updated is None:
        is_new = stored.last_in_feed is None
        return draft.updated is not None if is_new else True
    return draft.updated > stored.updated
