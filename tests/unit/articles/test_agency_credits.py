"""Tests of agency credits, and of the coverage of agency text."""

import pytest

from service.domain.articles.agency_credits import AgencyNames
from service.domain.articles.coverage import (
    AgencyText,
    Coverage,
    count_coverage,
    credit_agencies,
    list_agency_texts,
)
from service.domain.articles.model import Article, ArticleId

OUTLETS = {
    "reuters": "Reuters",
    "ap": "Associated Press",
    "afp": "Agence France-Presse",
    "tass": "TASS",
    "pacific-wire": "Pacific Wire",
    "daily": "The Daily",
}
AGENCIES = {key: OUTLETS[key] for key in ("reuters", "ap", "afp", "tass")}
NAMES = AgencyNames(OUTLETS, AGENCIES)
SENTENCE = "A ferry struck the pier of Orlan on Monday"


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        (f"LAGOS, May 3 (Reuters) - {SENTENCE}.", "reuters"),
        (f"ORLAN, Karsia (AP) — {SENTENCE}.", "ap"),
        (f"WELLINGTON, Aug 14 (Pacific Wire) - {SENTENCE}.", "pacific-wire"),
        (f"ORLAN (Karsia Press) — {SENTENCE}.", "Karsia Press"),
        (f"МОСКВА, 3 мая. /ТАСС/. {SENTENCE}.", "tass"),
        (f"{SENTENCE}. - AFP", "afp"),
        (f"{SENTENCE} (AP)", "ap"),
        (f"{SENTENCE}. (Reporting by A. Pell; Editing by B. Oster)", "reuters"),
        (f"(Reuters) - {SENTENCE}.", "reuters"),
        (f"{SENTENCE}. © 2026 The Associated Press. All rights reserved.", "ap"),
        (f"{SENTENCE}. Source: Reuters", "reuters"),
        (f"{SENTENCE}. With AFP", "afp"),
        (f"{SENTENCE}. – With agency inputs from Reuters", "reuters"),
        ("法新社巴黎5月3日电 渡轮周一晚上撞上码头。", "afp"),
        (f"{SENTENCE}; the captain spoke with AFP", None),
        (f"(Orlan) - {SENTENCE}.", None),
        (f"{SENTENCE}.", None),
        (f"In a statement, the fund said the short-term loan (STL) - {SENTENCE}.", None),
        (f"{SENTENCE}, the agency Reuters reported.", None),
        (f"{SENTENCE}. © AP", None),
        ("", None),
    ],
)
def test_credit_of_a_text(text: str, agency: str | None) -> None:
    assert NAMES.find(Article(1, "Ferry hits pier", text, "daily")) == agency


def test_credit_to_the_own_outlet_is_ignored() -> None:
    text = f"LAGOS, May 3 (Reuters) - {SENTENCE}."
    assert NAMES.find(Article(1, "Ferry hits pier", text, "reuters")) is None


def articles(*outlets: str) -> list[Article]:
    return [Article(key, "t", outlet=outlet) for key, outlet in enumerate(outlets)]


def test_agency_text_counts_once_and_is_named() -> None:
    members = articles("daily", "herald", "own-desk")
    agency_of = credit_agencies(members, {}, {0: "ap", 1: "ap"})
    assert count_coverage(members, agency_of=agency_of) == Coverage(3, 2)
    assert list_agency_texts(members, agency_of, OUTLETS) == [
        AgencyText("Associated Press", "ap", (0, 1))
    ]


def test_original_has_the_agency_that_its_copy_credits() -> None:
    members = articles("daily", "herald", "post")
    copies: dict[ArticleId, ArticleId] = {1: 0}
    agency_of = credit_agencies(members, copies, {1: "Karsia Press", 2: "Karsia Press"})
    assert count_coverage(members, copies, agency_of=agency_of) == Coverage(3, 1)
    assert list_agency_texts(members, agency_of, OUTLETS) == [
        AgencyText("Karsia Press", "", (0, 1, 2))
    ]


def test_agency_and_outlet_that_prints_its_text_count_once() -> None:
    members = [Article(0, "t", outlet="ap", agency=True), *articles("x", "daily")[1:]]
    agency_of = credit_agencies(members, {}, {1: "ap"})
    assert (
        count_coverage(members, families={"ap": "ap-owner"}, agency_of=agency_of).independent == 1
    )
    assert [each.articles for each in list_agency_texts(members, agency_of, OUTLETS)] == [(0, 1)]


def test_agency_alone_is_no_agency_text() -> None:
    members = [Article(0, "t", outlet="ap", agency=True), Article(1, "t", outlet="daily")]
    agency_of = credit_agencies(members, {}, {})
    assert count_coverage(members, agency_of=agency_of).independent == 2
    assert list_agency_texts(members, agency_of, OUTLETS) == []
