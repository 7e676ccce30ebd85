"""Revisions: which new versions of an entry replace the stored version."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.domain.identity.revisions import (
    MAX_REVISIONS_PER_DAY,
    FormerVersion,
    StoredVersion,
    Verdict,
    is_key_of,
    judge,
    late_report_time,
    replaces_link,
)
from tests.support.content.drafts import DRAFT, NOW

HOUR = timedelta(hours=1)
CHANGED = replace(DRAFT, content_hash="new")
OWN = StoredVersion("stored", updated=None, former=(), last_in_feed="stored", is_own_feed=True)
ACCEPT, IGNORE, DEFER = Verdict.ACCEPT, Verdict.IGNORE, Verdict.DEFER


def former(content_hash: str, *hours_ago: float) -> list[FormerVersion]:
    return [FormerVersion(content_hash, NOW - hours * HOUR) for hours in hours_ago]


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        (OWN, ACCEPT),
        (replace(OWN, content_hash="new"), IGNORE),
        (replace(OWN, last_in_feed="new"), IGNORE),
        (replace(OWN, updated=NOW), ACCEPT),
        (replace(OWN, former=former("new", 23)), DEFER),
        (replace(OWN, former=former("new", 25)), ACCEPT),
        (replace(OWN, former=former("new", 25) + former("other", 23)), DEFER),
        (replace(OWN, former=former("other", *range(MAX_REVISIONS_PER_DAY - 1))), ACCEPT),
        (replace(OWN, former=former("other", *range(MAX_REVISIONS_PER_DAY))), DEFER),
        (replace(OWN, former=former("other", *range(20, 20 + MAX_REVISIONS_PER_DAY))), ACCEPT),
    ],
)
def test_first_feed_revises_within_the_limits(stored: StoredVersion, verdict: Verdict) -> None:
    assert judge(CHANGED, stored, now=NOW) is verdict


@pytest.mark.parametrize(
    ("stored_update", "update", "last_in_feed", "verdict"),
    [
        (NOW - HOUR, NOW, None, ACCEPT),
        (NOW - HOUR, NOW, "former", ACCEPT),
        (NOW, NOW, "former", IGNORE),
        (NOW, NOW - HOUR, "former", IGNORE),
        (None, None, None, IGNORE),
        (NOW, None, None, IGNORE),
        (None, NOW, None, ACCEPT),
        (None, None, "former", ACCEPT),
        (NOW, None, "former", ACCEPT),
        (None, NOW, "former", ACCEPT),
        (NOW - HOUR, NOW, "new", IGNORE),
    ],
)
def test_other_feed_needs_a_later_update(
    stored_update: datetime | None,
    update: datetime | None,
    last_in_feed: str | None,
    verdict: Verdict,
) -> None:
    stored = replace(OWN, updated=stored_update, last_in_feed=last_in_feed, is_own_feed=False)

    assert judge(replace(CHANGED, updated=update), stored, now=NOW) is verdict


def test_first_feed_needs_no_later_update() -> None:
    stored = replace(OWN, updated=NOW)

    assert judge(replace(CHANGED, updated=NOW - HOUR), stored, now=NOW) is ACCEPT


def test_limits_also_defer_revisions_of_another_feed() -> None:
    stored = replace(OWN, former=former("new", 23), last_in_feed=None, is_own_feed=False)

    assert judge(replace(CHANGED, updated=NOW), stored, now=NOW) is DEFER


@pytest.mark.parametrize(("ahead", "expected"), [(2, NOW + 2 * HOUR), (3, NOW)])
def test_late_date_is_not_after_the_arrival(ahead: int, expected: datetime) -> None:
    assert late_report_time(NOW + ahead * HOUR, NOW, tolerance=2 * HOUR) == expected


@pytest.mark.parametrize(
    ("link", "replaces"),
    [
        ("https://outlet.example/2020/bridge-4711?session=1#top", False),
        ("https://outlet.example/2020/bridge-reopens-4711", True),
        ("https://news.outlet.example/2020/bridge-4711", True),
    ],
)
def test_link_with_another_page_replaces_the_stored_link(link: str, *, replaces: bool) -> None:
    assert replaces_link(CHANGED.url, link) is replaces


def test_stored_url_may_be_only_the_key_of_a_link() -> None:
    link = f"{CHANGED.url}/?utm_source=rss"

    assert is_key_of(CHANGED.url, link)
    assert not is_key_of(link, link)
    assert not is_key_of("https://outlet.example/2020/ferry-4712", link)
