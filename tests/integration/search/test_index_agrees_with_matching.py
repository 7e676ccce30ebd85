"""The search index and the matching in memory find the same phrases in random texts."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import HasWords, Query
from service.domain.queries.matching import ReportRecord, StoryRecord, matches
from service.domain.search.search_terms import parse_search_terms
from service.store.database.sessions import Sessions
from service.store.queries.stories import required_query
from tests.support.database.rows import NOW

#: Words of texts and phrases, without those that Postgres ignores as function words.
VOCABULARY = {
    "en": "Trump Trump's Trump’s ferry ferries cease-fire ceasefire cease fire Qur'an Quran US U.S. "
    "Erdoğan Erdogan F-16 F16 vaccines vaccine élan NATO bank",
    "fr": "l’Ukraine l'Ukraine Ukraine Élysée Elysée d’Ivoire élections élection nationale œuvre",
    "de": "Häfen Hafen Straße Strasse Fähren Bank Banken Köln",
    "es": "negociación negociaciones Niño nino elección",
    "tr": "saldırı SALDIRILAR Iğdır istanbul'da İstanbul",
    "pl": "Polska Polsce rządu rząd Łodzi Łódź Tuska Tuskiem prezydencie Nowo-Tomyska bank banku",
    "cs": "Praha Praze vládě vlády Babišem Fialou český Frýdek-Místek",
    "ru": "Россия России Москве́ Путина ёлки елка Нью-Йорк Нью-Йорке NATO",
    "uk": "Україною УКРАЇНА Харкова пам'ять памʼять Росії Америці Івано-Франківськ",
    "ar": "لبنان بلبنان ولبنان بنان لجنة ولجنة جنة بكينيا كينيا كمال مال العراق والعراق للعراق غزة غزه مسؤول أحمد كـتاب",
    "fa": "ایران کتاب‌ها کتابهای کتاب مسؤول",
    "zh": "中国 中國經濟 台湾总统 台灣 烏克蘭",
    "ja": "東京都 ガス 経済",
    "ko": "서울에서 서울 각하",
    "und": "Trump's Häfen 中國 Россия cease-fire",
}  # fmt: skip


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions() as opened:
        yield opened


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """A phrase, a text and its language."""
    language = draw(st.sampled_from(sorted(VOCABULARY)))
    own = st.sampled_from(VOCABULARY[language].split())
    any_word = own | st.sampled_from(" ".join(VOCABULARY.values()).split())
    spelled = st.builds(lambda word, change: change(word), own, st.sampled_from([str, str.upper]))
    words = draw(st.lists(spelled | any_word, min_size=1, max_size=7))
    gaps = draw(
        st.lists(st.sampled_from([" ", " ", ", ", "-", " – ", "’s ", ". ", "! "]), min_size=7)
    )
    text = "".join(part for pair in zip(words, gaps, strict=False) for part in pair)
    start = draw(st.integers(0, len(words) - 1))
    chosen = words[start : start + draw(st.integers(1, 3))]
    phrase = " ".join(draw(st.sampled_from([chosen, [draw(any_word)]])))
    return phrase, text, language


def is_in_memory(phrase: str, text: str, language: str) -> bool:
    known = "" if language == "und" else language
    report = ReportRecord(1, "daily", "daily", None, known, "news", text)
    story = StoryRecord(
        "s", "", (), (), frozenset(), None, "open", 1, 0.0, NOW, NOW, NOW, None, (report,)
    )
    return matches(Query((HasWords(parse_search_terms(f'"{phrase}"')),)), story)


def is_in_index(session: Session, phrase: str, text: str, language: str) -> bool:
    document = func.article_document(language, "", text, "")
    query = required_query(parse_search_terms(f'"{phrase}"'))
    return bool(session.scalar(select(document.op("@@")(query))))


@example(("cease-fire", "a ceasefire holds", "en"))
@example(("cease fire talks", "A cease-fire. Talks", "en"))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=texts())
def test_index_and_memory_find_the_same_phrases(session: Session, case: tuple[str, str, str]):
    assert is_in_index(session, *case) == is_in_memory(*case)
