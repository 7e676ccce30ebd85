"""Keys of the entries of one document."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.articles.entries import Draft
from service.domain.identity.keys import KeyedEntry, key_entries, link_keys
from tests.support.content.drafts import DRAFT, NOW

FIRST = replace(DRAFT, guid="a1")
SECOND = replace(
    FIRST,
    url="https://outlet.example/2020/ferry-4712",
    title="Ferry sinks",
    text="It sank.",
    claimed_date=NOW + timedelta(hours=1),
    guid="a2",
)


def key_all(*drafts: Draft) -> list[KeyedEntry]:
    return key_entries(drafts, 1)


def test_guid_and_link_identify_an_entry() -> None:
    first, second = key_all(FIRST, SECOND)

    assert first.guid
    assert first.guid != second.guid
    assert first.links == link_keys(FIRST.url)
    assert key_entries([FIRST], 2)[0].guid != first.guid


def test_repeated_guid_identifies_nothing() -> None:
    first, second = key_all(FIRST, replace(SECOND, guid="a1"))

    assert first.guid is second.guid is None
    assert first.links
    assert second.links


def test_shared_link_identifies_nothing() -> None:
    first, second = key_all(FIRST, replace(SECOND, url=FIRST.url))

    assert first.guid
    assert second.guid
    assert first.links == second.links == ()
    assert first.shared == second.shared == link_keys(FIRST.url)


def test_parameters_count_if_entries_differ_only_in_them() -> None:
    numbered = "https://outlet.example/story?utm_content="
    first, second = key_all(
        replace(FIRST, url=f"{numbered}1", guid=""), replace(SECOND, url=f"{numbered}2", guid="")
    )

    assert first.links == link_keys(f"{numbered}1")[1:]
    assert second.links == link_keys(f"{numbered}2")[1:]


def test_fragments_count_if_entries_differ_only_in_them() -> None:
    live = "https://outlet.example/live"
    first, second = key_all(
        replace(FIRST, url=f"{live}#turnout"), replace(SECOND, url=f"{live}#polls")
    )

    assert first.links
    assert second.links
    assert first.links != second.links


def test_home_page_identifies_nothing() -> None:
    [entry] = key_all(replace(FIRST, is_home_page=True))

    assert entry.links == ()


def test_versions_of_an_entry_are_merged() -> None:
    moved = replace(
        FIRST, url="https://outlet.example/2020/bridge-open-4711", updated=NOW + timedelta(hours=1)
    )
    listed_twice = replace(FIRST, guid="a1-world")

    assert [entry.draft for entry in key_all(FIRST, moved)] == [moved]
    assert [entry.draft for entry in key_all(FIRST, listed_twice)] == [FIRST]


def test_entries_with_one_guid_and_one_day_are_not_versions() -> None:
    drafts = [
        replace(FIRST, guid="https://outlet.example/", text="", url=f"{FIRST.url}{n}", title=title)
        for n, title in enumerate(("Bridge reopens", "Ferry sinks", "Council votes"))
    ]

    assert [entry.draft for entry in key_all(*drafts)] == drafts


@pytest.mark.parametrize("text", ["", "The service reports a warning."])
def test_similar_entries_with_one_guid_and_many_links_are_not_versions(text: str) -> None:
    drafts = [
        replace(
            FIRST,
            guid="https://outlet.example/",
            text=text,
            url=f"https://outlet.example/2020/flood-warning-{region}",
            title=f"Flood warning for the {region} region",
        )
        for region in ("north", "east", "south")
    ]

    assert [entry.draft for entry in key_all(*drafts)] == drafts


def test_notices_with_one_guid_and_one_link_without_text_are_not_versions() -> None:
    drafts = [
        replace(
            FIRST,
            guid="notices",
            text="",
            url="https://outlet.example/notices",
            title=title,
            claimed_date=NOW + timedelta(hours=hours),
        )
        for hours, title in enumerate(("Bridge reopens", "Ferry sinks"))
    ]

    assert [entry.draft for entry in key_all(*drafts)] == drafts


def test_entries_with_one_title_have_keys_with_their_dates() -> None:
    notices = [
        replace(
            FIRST, guid="", is_home_page=True, title="Notice", claimed_date=NOW + timedelta(hours=n)
        )
        for n in range(3)
    ]

    assert len({entry.titles for entry in key_all(*notices)}) == 3


def test_other_links_of_one_entry_are_keys() -> None:
    amp = "https://amp.outlet.example/bridge"
    first, second = key_all(replace(FIRST, other_urls=(amp, SECOND.url)), SECOND)

    assert first.other_links == link_keys(amp)
    assert second.other_links == ()
