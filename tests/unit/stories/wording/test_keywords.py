"""Tests of keywords in several scripts."""

import pytest
import stopwordsiso

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.stories.wording.keywords import extract_keywords
from tests.support.content.vocabularies import vocabulary_of


def keywords_of(lang: str, *titles: str) -> list[str]:
    articles = [
        Article(key, title, outlet=f"o{key}", lang=lang) for key, title in enumerate(titles)
    ]
    vocabulary = vocabulary_of(map(tokenization.lead_words, articles))
    return extract_keywords(articles, vocabulary, 20)


@pytest.mark.parametrize(
    ("lang", "titles", "expected"),
    [
        ("ru", ("Закрыт порт Сирии принял паром", "Сирию покинул паром, порт открыт"), {"Сирии", "порт", "паром"}),
        ("ar", ("وتركيا تفتح الملاحة", "تُركيا تغلق والملاحة"), {"تُركيا", "الملاحة"}),
        ("fa", ("بندرهای ایران بسته شد", "بندر ایران باز شد"), {"بندر", "ایران"}),
        ("tr", ("Orlan limanları kapandı", "Orlan limanında feribot"), {"Orlan", "limanları"}),
        ("zh", ("渡轮撞上码头", "码头关闭，渡轮停运"), {"渡轮", "码头"}),
        ("ja", ("フェリーが桟橋に衝突", "桟橋が閉鎖、フェリー運休"), {"フェリー", "桟橋"}),
        ("th", ("เรือข้ามฟากชนท่าเรือ", "ท่าเรือปิด เรือข้ามฟากหยุด"), {"เรือ", "ท่าเรือ"}),
        ("hi", ("ओरलान बंदरगाह बंद", "ओरलान बंदरगाह खुला"), {"ओरलान", "बंदरगाह"}),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one_keyword(
    lang: str, titles: tuple[str, ...], expected: set[str]
) -> None:
    assert expected <= set(keywords_of(lang, *titles))
    assert len(keywords_of(lang, *titles)) <= len(expected) + 2


@pytest.mark.parametrize(
    "lang",
    [
        "ar",
        "bn",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "he",
        "hi",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
        "zh",
    ],
)
def test_function_words_are_not_keywords(lang: str) -> None:
    function_words = sorted(
        word for word in stopwordsiso.stopwords(lang) if word.isalpha() and word.islower()
    )[:30]
    title = " ".join([*function_words, "Orlan"])
    assert keywords_of(lang, title, title) == ["Orlan"]


def test_abbreviation_that_looks_like_a_function_word_is_a_keyword() -> None:
    assert {"AI", "UN"} <= set(keywords_of("en", "UN warns of AI ferries", "AI ferries and the UN"))


def test_words_keep_their_vowel_signs() -> None:
    assert list(tokenization.words("إنَّ تُركِيا हिन्दी")) == ["ان", "تركيا", "हिन्दी"]
    assert list(tokenization.words("می‌شود")) == ["مي\u200cشود"]
