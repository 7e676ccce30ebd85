"""Which codes of countries and languages there are."""

import pytest

from service.domain.text.codes import COUNTRIES, LANGUAGES, country_code, language_code
from service.domain.text.language_names import COUNTRIES as NAMED_COUNTRIES
from service.domain.text.language_names import LANGUAGES as NAMED_LANGUAGES
from service.errors import BadInputError
from service.ingest.detect_language import DETECTED


def test_there_are_as_many_as_the_standards_have():
    assert len(COUNTRIES) == 249 + 1  # and Kosovo
    assert len(LANGUAGES) == 184
    assert all(len(code) == 2 for code in COUNTRIES | LANGUAGES)


def test_what_has_a_name_or_is_detected_is_a_code():
    assert set(NAMED_COUNTRIES) <= COUNTRIES
    assert {code for code in NAMED_LANGUAGES if len(code) == 2} <= LANGUAGES
    assert DETECTED <= LANGUAGES


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("en", "en"), ("EN-gb", "en"), ("eng", "en"), ("ger", "de"), ("deu", "de"),
        ("fil", "fil"), ("ckb", "ckb"), ("zh-Hans-CN", "zh"),
    ],
)  # fmt: skip
def test_a_language_has_the_shortest_of_its_codes(word: str, code: str):
    assert language_code(word) == code


@pytest.mark.parametrize("word", ["", "-", "xx", "english", "e1", "é!", "\u212aa", "ﬁ"])
def test_what_is_no_language_is_refused(word: str):
    with pytest.raises(BadInputError, match="is no language"):
        language_code(word)


def test_a_country_is_known_whatever_its_case():
    assert country_code(" gb ") == "GB"
    for word in ("UK", "ZZ", "GBR", "", "Narnia", "ß"):
        with pytest.raises(BadInputError, match="is no country"):
            country_code(word)
