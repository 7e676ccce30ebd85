"""Country and language codes, their names and text direction."""

import pytest

from service.domain.locales.codes import COUNTRIES, LANGUAGES, country_code, language_code
from service.domain.locales.names import country_name, direction, language_name
from service.errors import BadInputError
from service.ingest.detect_language import DETECTED


def test_code_counts_match_the_standards():
    assert len(COUNTRIES) == 249 + 1  # and Kosovo
    assert len(LANGUAGES) == 184
    assert all(len(code) == 2 for code in COUNTRIES | LANGUAGES)


def test_detectable_languages_are_valid_codes():
    assert DETECTED <= LANGUAGES


def test_every_accepted_country_has_a_name():
    assert [code for code in COUNTRIES if country_name(code) == code] == []


def test_every_accepted_two_letter_language_has_a_name():
    assert [code for code in LANGUAGES if language_name(code) == code] == []


@pytest.mark.parametrize(
    ("code", "name"),
    [("SN", "Senegal"), ("sn", "Senegal"), ("HK", "Hong Kong"), ("XK", "Kosovo"), (None, "")],
)
def test_country_names(code: str | None, name: str):
    assert country_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [("en_GB", "English"), ("ckb", "Central Kurdish"), ("qqq", "qqq"), (None, "")],
)
def test_language_names(code: str | None, name: str):
    assert language_name(code) == name


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ar", "rtl"), ("fa-IR", "rtl"), ("ks", "rtl"), ("en", "ltr"), ("xx", "ltr"),
        ("e1", "ltr"), (None, "auto"), ("", "auto"),
    ],
)  # fmt: skip
def test_text_direction(code: str | None, expected: str):
    assert direction(code) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("en", "en"), ("EN-gb", "en"), ("eng", "en"), ("ger", "de"), ("deu", "de"),
        ("fil", "fil"), ("ckb", "ckb"), ("zh-Hans-CN", "zh"),
    ],
)  # fmt: skip
def test_language_code_is_normalized_to_its_shortest_form(text: str, code: str):
    assert language_code(text) == code


@pytest.mark.parametrize("text", ["", "-", "xx", "english", "e1", "é!", "\u212aa", "ﬁ"])
def test_invalid_language_is_rejected(text: str):
    with pytest.raises(BadInputError, match="Invalid language"):
        language_code(text)


def test_country_code_ignores_case_and_rejects_unknown_codes():
    assert country_code(" gb ") == "GB"
    for text in ("UK", "ZZ", "GBR", "", "Narnia", "ß"):
        with pytest.raises(BadInputError, match="Invalid country"):
            country_code(text)
