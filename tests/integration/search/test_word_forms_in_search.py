"""Search in all scripts without a language, by the same rules as alerts and mutes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.domain.search.search_terms import parse_search_terms
from service.store.database.sessions import Sessions
from service.store.search.compiled_search import compile_search
from tests.integration.search.test_api_search import search, stories
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving
from tests.unit.search.word_cases import MATCHES, MISSES

#: In digests and alerts, words in capitals match only capitals; search ignores case.
CAPITALS = {"US", "WHO"}

TITLES = {
    "syria": ("Президент Сирии прибыл в Москву", "ru"),
    "turkey": ("سوريا وتركيا تتفقان", "ar"),
    "iran": ("سفر وزیر به ایران", "fa"),
    "navigation": ("حُرِّيَّة الملاحة في الخليج", "ar"),
    "attack": ("SALDIRILAR sürüyor", "tr"),
    "economy": ("关于中兰国经济的报告", "zh"),
    "talks": ("Zorin-Aldous talks on U.S. tariffs", "en"),
    "harbour": ("Neue Häfen für die Fähren", "de"),
}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with sessions.begin() as session:
        rows = Rows(session)
        for name, (title, language) in TITLES.items():
            rows.story(name, [rows.article(rows.outlet(name, language=language), title)])
    with serving(sessions) as served:
        yield served


def test_words_of_all_scripts_are_found_without_a_language(site: Site) -> None:
    for query, story in {
        "Сирия": "syria",
        "تركيا": "turkey",
        "إيران": "iran",
        "ملاحة": "navigation",
        "saldırı": "attack",
        "中兰国": "economy",
        "经济": "economy",
        "Zorin": "talks",
        "Aldous": "talks",
        "zorin-aldous": "talks",
        "US tariff": "talks",
        "Hafen": "harbour",
    }.items():
        assert (query, stories(site, query)) == (query, [story])
    assert stories(site, "中国") == []
    assert stories(site, "Сирия -Москва") == []


def test_highlights_mark_the_words_that_matched(site: Site) -> None:
    for query, hit in {"Сирия": "Сирии", "经济": "经济", "US": "U.S", "ملاحة": "الملاحة"}.items():
        [article] = search(site, query, "&mode=keyword").json["articles"]
        pieces = article["highlights"]["title"]
        assert [piece["text"] for piece in pieces if piece["hit"]] == [hit]
        assert "".join(piece["text"] for piece in pieces) == article["article"]["title"]


def is_found(session: Session, phrase: str, title: str, language: str) -> bool:
    compiled = compile_search(session, parse_search_terms(f'"{phrase}"'), ())
    document = func.article_document(language or "ru", title, "", "")
    query = text("CAST(:query AS tsquery)").bindparams(query=compiled.tsquery)
    return bool(session.scalar(select(document.op("@@")(query))))


def test_search_and_alerts_match_the_same_words(sessions: Sessions) -> None:
    with sessions.begin() as session:
        found = [each for each in MATCHES if not is_found(session, *each)]
        assert found == []
        extra = [each for each in MISSES if is_found(session, *each)]
    assert {phrase for phrase, _, _ in extra} <= CAPITALS
