"""English names of languages and countries, and text direction, from Unicode CLDR (via Babel)."""

from functools import cache

from babel import Locale, UnknownLocaleError

from service.domain.locales.codes import primary_subtag

#: CLDR's short names (`alt="short"`) of places with a long official one; Babel omits these.
_SHORT_COUNTRY_NAMES = {
    "HK": "Hong Kong",
    "MM": "Myanmar",
    "MO": "Macao",
    "PS": "Palestine",
}
#: ISO 639 codes without an entry in CLDR.
_EXTRA_LANGUAGE_NAMES = {"bh": "Bihari"}


def language_name(code: str | None) -> str:
    """Return the English name of a language, or the code itself if it has none."""
    primary = primary_subtag(code)
    names = Locale("en").languages
    return names.get(primary) or _EXTRA_LANGUAGE_NAMES.get(primary) or code or ""


def country_name(code: str | None) -> str:
    """Return the English name of a country, or the code itself if it has none."""
    country = (code or "").upper()
    names = Locale("en").territories
    return _SHORT_COUNTRY_NAMES.get(country) or names.get(country) or code or ""


@cache
def country_words() -> frozenset[str]:
    """Return the English country names of one word, in lower case."""
    names = [*Locale("en").territories.values(), *_SHORT_COUNTRY_NAMES.values()]
    return frozenset(name.lower() for name in names if " " not in name)


def direction(code: str | None) -> str:
    """Return the HTML `dir` value for a text: "ltr", "rtl", or "auto" without a language code."""
    if not code:
        return "auto"
    try:
        return str(Locale.parse(primary_subtag(code)).text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"
