"""Agency credits: the news agency that the text of an article names as its source.

A credit is in the dateline ("LAGOS, May 3 (Reuters) - …"), at the end of the text ("… — AFP", "©
2026 AFP", "Source: AFP"), or in the list of names after the text ("Reporting by …; Editing by …").
"""

import re
import unicodedata
from collections.abc import Mapping

from service.domain.articles.model import Article

#: Characters at the start and at the end of a text that may contain a credit.
_START_CHARACTERS, _END_CHARACTERS = 160, 240
_DASH = r"(?:[-–—―]+|:)"
#: "LAGOS, Nigeria, May 3 (Reuters) -"; the place is in capitals or capitalised.
_DATELINE = re.compile(
    rf"^\W*(?P<place>[^\W\d_][\w .,’'/&-]{{1,70}}?)\s*[(（/](?P<name>[^()（）/\d]{{2,40}})[)）/]\s*(?:{_DASH}|\.)\s*\S"
)
#: "Москва, 3 мая — РИА Новости.", "MOSCOW. May 3. INTERFAX -"
_DATELINE_WITHOUT_BRACKETS = re.compile(
    rf"^\W*(?:[^\W\d_][\w .,’'/-]{{1,60}}?[,.]\s*)?\d*\s*\w*\.?\s*{_DASH}?\s*"
    r"(?P<name>[^\W\d_][\w. -]{1,30}?)\s*[-–—―.:]\s*\S"
)
#: A dateline without a place, and a Chinese one without spaces: "新华社北京5月3日电".
_NAME_FIRST = re.compile(
    rf"^\W*[(（](?P<bracketed>[^()（）]{{2,40}})[)）]\s*{_DASH}?\s*\S|"
    r"^\W*(?P<chinese>新华社|法新社|路透社|共同社)[^，。\s]{0,14}[电電讯訊]"
)
#: A copyright line with a year, or a source, after the last sentence. "© AP" may credit a picture.
_CREDIT_LINE = re.compile(
    r"(?:^|[.!?”\"»)。])[\s–—-]*(?:(?:©|\(c\)|copyright) \d{4}|source:|"
    r"with(?: (?:agency )?(?:inputs?|reporting|files|material))?(?: from| by)?)\s+"
    r"(?:the )?(?P<name>[^\W\d_][\w '-]{1,40}?)\.?(?:\s+all rights reserved\.?)?\s*$",
    re.IGNORECASE,
)
_END = re.compile(r"(?:[-–—―(（/]\s*|\s\|\s*)(?P<name>[^\W\d_][\w. '-]{1,40}?)\s*[)）/]?\.?\s*$")
_REUTERS_STAFF = re.compile(
    r"\((?:additional )?reporting by [^()]+?;? ?editing by [^()]+\)", re.IGNORECASE
)

#: Abbreviations and names in other scripts, by the slug of the outlet.
_ALIASES = {
    "anadolu": ("AA", "الأناضول", "Anadolu Ajansı"),
    "ap": ("AP", "The Associated Press"),
    "afp": ("AFP", "أ ف ب", "АФП", "法新社"),
    "dpa": ("dpa",),
    "efe": ("EFE",),
    "interfax": ("Интерфакс",),
    "kyodo": ("Kyodo", "共同", "共同通信", "共同社"),
    "pa-media": ("PA",),
    "pti": ("PTI",),
    "reuters": ("Reuters", "Рейтер", "رويترز", "路透社", "ロイター"),
    "ria-novosti": ("РИА Новости",),
    "tass": ("ТАСС", "TASS"),
    "ukrinform": ("Укрінформ", "Укринформ"),
    "upi": ("UPI",),
    "xinhua": ("新华社", "新华网", "Xinhua"),
    "yonhap": ("연합뉴스", "Yonhap"),
}
#: Maximum words in the name of an agency that is not in the catalogue.
_MAX_NAME_WORDS = 4
#: Maximum lower-case words in a dateline, such as the month in Russian; a sentence has more.
_MAX_LOWER_CASE_WORDS = 2
#: Words in the position of the name that are not names of agencies.
_UNNAMED = frozenset({"agencies", "agency", "staff", "live", "video", "photo", "photos", "update"})


class AgencyNames:
    """Names under which articles credit news agencies and other outlets."""

    def __init__(self, outlet_names: Mapping[str, str], agencies: Mapping[str, str]) -> None:
        """`outlet_names` and `agencies` map slugs to names; only agencies have abbreviations."""
        self._outlets = {_fold(name): slug for slug, name in outlet_names.items()}
        self._agencies = {
            _fold(alias): slug
            for slug, name in agencies.items()
            for alias in (name, *_ALIASES.get(slug, ()))
        }
        self._reuters = "reuters" if "reuters" in agencies else None

    def find(self, article: Article) -> str | None:
        """Return the slug of the credited outlet, the name of an unknown agency, or None.

        A credit to the article's own outlet is ignored.
        """
        credited = self._in_dateline(article.text) or self._at_end(article.text)
        return None if credited == article.outlet else credited

    def _in_dateline(self, text: str) -> str | None:
        start = text[:_START_CHARACTERS]
        if match := _DATELINE.match(start):
            name = match["name"].strip()
            known = self._agencies.get(_fold(name)) or self._outlets.get(_fold(name))
            lower_case = sum(word[0].islower() for word in match["place"].split())
            if known:
                return known if lower_case <= _MAX_LOWER_CASE_WORDS else None
            return name if not lower_case and _is_name(name) else None
        if match := _NAME_FIRST.match(start):
            return self._agencies.get(_fold(match["bracketed"] or match["chinese"]))
        match = _DATELINE_WITHOUT_BRACKETS.match(start)
        return self._agencies.get(_fold(match["name"])) if match else None

    def _at_end(self, text: str) -> str | None:
        end = text[-_END_CHARACTERS:]
        for pattern in (_END, _CREDIT_LINE):
            match = pattern.search(end)
            if match and (slug := self._agencies.get(_fold(match["name"]))):
                return slug
        return self._reuters if _REUTERS_STAFF.search(end) else None


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip(" .")


def _is_name(name: str) -> bool:
    """Whether an unknown name in a dateline may be the name of an agency."""
    words = name.split()
    is_capitalised = all(word[0].isupper() for word in words)
    return is_capitalised and len(words) <= _MAX_NAME_WORDS and _fold(name) not in _UNNAMED
