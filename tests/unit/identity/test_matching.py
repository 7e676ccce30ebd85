"""Matching of the entries of a document with stored articles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.articles.entries import Draft
from service.domain.identity.keys import Key, key_entries, link_keys
from service.domain.identity.matching import (
    Matches,
    StoredEntry,
    identifying_keys,
    is_new_link,
    match_contents,
    match_entries,
)
from tests.support.content.drafts import DRAFT, NOW

FEED = 1
BRIDGE = replace(DRAFT, guid="bridge-4711")
FERRY = replace(
    BRIDGE,
    url="https://outlet.example/2020/ferry-4712",
    title="Ferry sinks",
    text="It sank.",
    claimed_date=NOW + timedelta(hours=1),
    guid="ferry-4712",
)
#: An entry with other words and another date than those above.
VOTE = replace(
    BRIDGE,
    url="https://outlet.example/2020/vote-4713",
    title="Council votes",
    text="A majority agreed.",
    claimed_date=NOW + timedelta(hours=2),
    guid="vote-4713",
)
NOTICES = "https://outlet.example/notices"


def stored_entry(number: int, draft: Draft) -> StoredEntry:
    return StoredEntry(
        number, draft.title, draft.text, draft.claimed_date, draft.url, FEED, bool(draft.guid)
    )


def keys_of(number: int, draft: Draft) -> dict[Key, StoredEntry | None]:
    """Return the keys of a stored article: guid, link and title."""
    [entry] = key_entries([draft], FEED)
    keys = [*([entry.guid] if entry.guid else []), *entry.links, *entry.titles]
    return dict.fromkeys(keys, stored_entry(number, draft))


def match(drafts: Sequence[Draft], *stored: Draft) -> dict[int, int]:
    """Return the position of the stored article of each draft, by position of the draft."""
    known = {
        key: article
        for number, draft in enumerate(stored)
        for key, article in keys_of(number, draft).items()
    }
    matches = match_entries(key_entries(drafts, FEED), known)
    return {number: article.article_id for number, article in sorted(matches.articles.items())}


@pytest.mark.parametrize(
    ("draft", "is_match"),
    [
        (BRIDGE, True),
        # The guid is enough if it belongs to one article ...
        (replace(VOTE, guid=BRIDGE.guid), True),
        # ... and so is a link that names an article.
        (replace(VOTE, guid="", url=BRIDGE.url), True),
        (replace(VOTE, guid="vote-4713", url=BRIDGE.url), True),
        # Without another key, the title identifies an entry.
        (replace(BRIDGE, guid="", url="https://outlet.example/", is_home_page=True), True),
        (replace(VOTE, guid="", url="https://outlet.example/", is_home_page=True), False),
        (replace(BRIDGE, guid=VOTE.guid, url=VOTE.url), False),
        (VOTE, False),
    ],
)
def test_guid_link_or_title_identifies_the_article(draft: Draft, *, is_match: bool) -> None:
    assert match([draft], BRIDGE) == ({0: 0} if is_match else {})


@pytest.mark.parametrize(
    ("draft", "is_match"),
    [
        (VOTE, False),
        (replace(VOTE, claimed_date=BRIDGE.claimed_date), False),
        (replace(VOTE, text=BRIDGE.text), True),
        (replace(VOTE, title=BRIDGE.title), True),
    ],
)
def test_guid_that_may_be_numbered_needs_another_fact(draft: Draft, *, is_match: bool) -> None:
    assert match([replace(draft, guid="item 1")], replace(BRIDGE, guid="item 1")) == (
        {0: 0} if is_match else {}
    )


@pytest.mark.parametrize(
    ("title", "article"), [(BRIDGE.title, 0), (FERRY.title, 1), (VOTE.title, 1)]
)
def test_closer_article_wins_between_guid_and_link(title: str, article: int) -> None:
    """The entry has the guid of the first article, and the link of the second."""
    draft = replace(VOTE, title=title, guid=BRIDGE.guid, url=FERRY.url)

    assert match([draft], BRIDGE, replace(FERRY, guid="")) == {0: article}


@pytest.mark.parametrize(
    ("draft", "is_match"), [(VOTE, False), (replace(VOTE, claimed_date=BRIDGE.claimed_date), True)]
)
def test_link_without_words_needs_another_fact(draft: Draft, *, is_match: bool) -> None:
    stored = replace(BRIDGE, guid="", url=NOTICES)

    assert match([replace(draft, guid="", url=NOTICES)], stored) == ({0: 0} if is_match else {})


def test_new_guid_under_a_known_link_is_a_new_article_if_guids_are_stable() -> None:
    reused = replace(VOTE, url=BRIDGE.url)

    assert match([FERRY, reused], BRIDGE, FERRY) == {0: 1}
    assert match([reused], BRIDGE, FERRY) == {0: 0}


def test_entry_with_the_guid_has_priority_over_an_entry_with_the_link() -> None:
    same_link = replace(BRIDGE, guid="", url=f"{BRIDGE.url}?page=2")
    renamed = replace(BRIDGE, url="https://outlet.example/2020/bridge-open-4711")

    assert match([same_link, renamed], BRIDGE) == {1: 0}


@pytest.mark.parametrize(("guid", "expected"), [("", {1: 7}), ("bridge-4711", {})])
def test_shared_link_matches_by_title_if_the_article_has_no_guid(
    guid: str, expected: dict[int, int]
) -> None:
    drafts = [replace(each, guid="", url=NOTICES) for each in (VOTE, BRIDGE)]
    article = stored_entry(7, replace(BRIDGE, guid=guid, url=NOTICES))
    matches = match_entries(key_entries(drafts, FEED), dict.fromkeys(link_keys(NOTICES), article))

    assert {number: each.article_id for number, each in matches.articles.items()} == expected
    assert list(matches.shared) == list(link_keys(NOTICES))


@pytest.mark.parametrize(
    ("changes", "is_match"),
    [
        ({}, True),
        ({"text": "Another lead."}, True),
        ({"claimed_date": NOW + timedelta(minutes=1)}, False),
        ({"title": "Bridge closes"}, False),
        ({"url": "https://other.example/2020/bridge-9"}, False),
        ({"claimed_date": None}, False),
    ],
)
def test_title_and_date_identify_an_entry_with_new_keys(
    changes: dict[str, object], *, is_match: bool
) -> None:
    changed = replace(BRIDGE, guid="new-1", url="https://outlet.example/2020/bridge-9")
    draft = replace(changed, **changes)  # type: ignore[arg-type]  # the cases name real fields
    matches = Matches()
    match_contents(key_entries([draft], FEED), [stored_entry(7, BRIDGE)], matches)

    assert [each.article_id for each in matches.articles.values()] == ([7] if is_match else [])


def test_contents_are_not_compared_if_guids_are_stable() -> None:
    matches = Matches(has_stable_guids=True)
    match_contents(key_entries([BRIDGE], FEED), [stored_entry(7, BRIDGE)], matches)

    assert not matches.articles


def test_key_of_several_articles_identifies_none() -> None:
    [entry] = key_entries([BRIDGE], FEED)
    assert entry.guid
    shared = dict.fromkeys(entry.links)

    assert identifying_keys(entry, {}, ()) == [entry.guid, *entry.links]
    assert identifying_keys(entry, shared, ()) == [entry.guid]
    assert identifying_keys(entry, shared, {entry.guid}) == list(entry.titles)


def test_link_is_new_until_it_is_stored() -> None:
    [entry] = key_entries([BRIDGE], FEED)

    assert is_new_link(entry, {})
    assert not is_new_link(entry, keys_of(0, BRIDGE))
