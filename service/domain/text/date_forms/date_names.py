"""Names of months and halves of the day, and orders of numeric dates, from Unicode CLDR."""

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError

#: Locales whose month names are read when the language of the feed is unknown or does not match.
_LOCALES = """
en en_GB de de_AT fr fr_CA es pt it nl sv da nb fi is fo et lv lt pl cs sk hu ro bg ru uk be sr
sr_Latn hr bs sl mk sq el tr az kk ky uz tk mn hy ka ar ar_SY ar_IQ ar_DZ ar_MA ar_TN ar_SA fa ps
ur he hi bn mr gu pa or ta te kn ml si ne th lo my km vi id ms fil jv zh ja ko sw am ti so ha yo ig zu
xh af ca eu gl oc br ga gd cy mt lb fy
"""
#: Scripts in which the words for a.m. and p.m. have no other meaning.
_HALF_DAY_LOCALES = ("en", "ar", "el", "hi", "bn", "ja", "ko", "ta", "th", "zh")
_SHORTEST_PREFIX = 3
#: Accents of Latin, Greek and Cyrillic letters, and Arabic vowel signs and hamzas. Other scripts
#: distinguish words by combining marks.
_DOTS = str.maketrans({".": None, " ": None, "ı": "i"})
_ACCENTS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670]")


def months_in_language(word: str, language: str) -> frozenset[int]:
    """Return the months (1 to 12) that a folded word means in a language (a tag) or in English."""
    codes = (language, split_tag(language)[0], "en")
    return next((months for code in codes if (months := _months(code).get(word))), frozenset())


def months_in_all_languages(word: str) -> frozenset[int]:
    """Return the months of a folded word in all languages; several if the languages disagree.

    The names load at the first call, in about a second and 100 MB.
    """
    return _all_months().get(word, frozenset())


def months_starting_with(word: str, language: str) -> frozenset[int]:
    """Return the month whose name in the feed's language or English starts with a folded word."""
    if len(word) < _SHORTEST_PREFIX:
        return frozenset()
    for code in (language, split_tag(language)[0], "en"):
        names = frozenset().union(
            *(numbers for name, numbers in _months(code).items() if name.startswith(word))
        )
        if len(names) == 1:
            return names
    return frozenset()


def half_day(word: str, language: str) -> str | None:
    """Return "am" or "pm" for a folded word of this or of another common language, else None."""
    halves = (_half_days(code).get(word) for code in (language, *_HALF_DAY_LOCALES))
    return next(filter(None, halves), None)


@lru_cache(maxsize=1024)
def numeric_order(language: str, country: str) -> str | None:
    """Return "dmy", "mdy" or "ymd", the order of short dates; None if it is not certain.

    `language` is a tag, such as `en-GB`. Its region and `country` must agree. English without a
    country has no common order.
    """
    primary, region = split_tag(language)
    places = {place for place in (region, country.upper()) if place}
    if not places and primary == "en":
        return None
    orders = {_order_in(primary, place) for place in places or {""}}
    return orders.pop() if len(orders) == 1 else None


def split_tag(language: str) -> tuple[str, str]:
    """Return the primary subtag in lower case and the region in upper case, or an empty string."""
    primary, *subtags = language.replace("_", "-").split("-")
    regions = (each.upper() for each in subtags if re.fullmatch(r"[A-Za-z]{2}", each))
    return primary.lower(), next(regions, "")


@lru_cache(maxsize=1024)
def find_locale(code: str) -> Locale | None:
    """Return the CLDR locale of a language with an optional script and region, or None."""
    try:
        return Locale.parse(code.replace("-", "_")) if code else None
    except (UnknownLocaleError, ValueError):
        return None


def fold(text: str) -> str:
    """Return a case-folded text without accents, spaces and dots of abbreviations."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", plain).translate(_DOTS).strip("'’`\"")


def _order_in(language: str, country: str) -> str | None:
    locale = find_locale(f"{language}_{country}" if country else language)
    if locale is None and country:
        # No CLDR data for this language in this country: the order of its main language.
        locale = find_locale(f"und_{country}")
    if locale is None:
        return None
    return "".join(
        dict.fromkeys(re.sub(r"[^dMy]", "", locale.date_formats["short"].pattern))
    ).lower()


@lru_cache(maxsize=256)
def _months(code: str) -> dict[str, frozenset[int]]:
    """Months by folded name of one locale, in all forms and widths that are words."""
    locale = find_locale(code)
    names: dict[str, set[int]] = defaultdict(set)
    for form in locale.months.values() if locale else ():
        for width in ("wide", "abbreviated"):
            for number, name in form.get(width, {}).items():
                names[fold(name)].add(number)
    return {name: frozenset(each) for name, each in names.items() if not name[:1].isdecimal()}


@lru_cache(maxsize=256)
def _half_days(code: str) -> dict[str, str]:
    locale = find_locale(code)
    periods = locale.day_periods if locale else {}
    names = {
        fold(width[half]): half
        for form in periods.values()
        for width in form.values()
        for half in ("am", "pm")
        if half in width
    }
    # "a" is a word of other languages, too.
    return {name: half for name, half in names.items() if not (len(name) == 1 and name.isascii())}


@cache
def _all_months() -> dict[str, frozenset[int]]:
    """Months by folded name of all locales."""
    names: dict[str, frozenset[int]] = {}
    for code in _LOCALES.split():
        for name, numbers in _months(code).items():
            names[name] = names.get(name, frozenset()) | numbers
    return names
