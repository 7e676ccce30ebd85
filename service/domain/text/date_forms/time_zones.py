"""Time zones in dates: offsets, abbreviations and names of the IANA database."""

import re
import zoneinfo
from datetime import timedelta, timezone, tzinfo
from functools import cache

from service.domain.text.date_forms.zone_names import find_zone_name

#: Abbreviations as hours from UTC. CLDR has them for a few English locales only, and the IANA
#: database replaced most of them by numbers.
_HOURS = """
UT=0 UTC=0 GMT=0 Z=0 WET=0 WEST=1 CET=1 CEST=2 MET=1 MEST=2 MEZ=1 MESZ=2 HNEC=1 HAEC=2 EET=2 EEST=3
SEČ=1 SELČ=2 北京时间=8 北京時間=8 香港時間=8 日本時間=9 한국시간=9
BST=1 IDT=3 TRT=3 FET=3 MSK=3 МСК=3 MSD=4 SAMT=4 YEKT=5 OMST=6 NOVT=7 KRAT=7 IRKT=8 YAKT=9 VLAT=10
MAGT=11 PETT=12 WAT=1 WAST=2 CAT=2 SAST=2 EAT=3 RET=4 MUT=4 SCT=4 IRST=3.5 IRDT=4.5 AFT=4.5 GST=4
AZT=4 GET=4 UZT=5 TMT=5 TJT=5 PKT=5 MVT=5 IST=5.5 SLST=5.5 NPT=5.75 BTT=6 KGT=6 BDT=6 MMT=6.5 ICT=7
WIB=7 HOVT=7 WITA=8 HKT=8 SGT=8 MYT=8 PHT=8 PHST=8 BNT=8 ULAT=8 AWST=8 WIT=9 JST=9 KST=9 TLT=9 PWT=9
ACST=9.5 ACDT=10.5 AEST=10 AEDT=11 CHST=10 PGT=10 SBT=11 NCT=11 VUT=11 NFT=11 NZST=12 NZDT=13 FJT=12
TVT=12 TOT=13 CHAST=12.75 CHADT=13.75 LINT=14 NST=-3.5 NDT=-2.5 AST=-4 ADT=-3 EST=-5 EDT=-4 CST=-6
CDT=-5 MST=-7 MDT=-6 PST=-8 PDT=-7 AKST=-9 AKDT=-8 HST=-10 HDT=-9 BRT=-3 BRST=-2 FNT=-2 ART=-3
ARST=-2 UYT=-3 UYST=-2 CLT=-4 CLST=-3 BOT=-4 VET=-4 COT=-5 PET=-5 ECT=-5 GYT=-4 SRT=-3 GFT=-3 GALT=-6
HNE=-5 HAE=-4 EAST=-6 EASST=-5 PMST=-3 PMDT=-2 CVT=-1 AZOT=-1 AZOST=0 EGT=-1 EGST=0 SST=-11 CKT=-10 TAHT=-10
"""
#: Meanings in some countries or languages. Elsewhere IST is India, BST is Britain, and EST, CST,
#: MST and PST are American (RFC 822). AMT has no common meaning.
_LOCAL_HOURS = """
IST:IL=2 IST:HE=2 IST:IE=1 IST:GA=1 BST:BD=6 BST:BN=6 CST:CN=8 CST:TW=8 CST:ZH=8 CST:CU=-5 CST:AU=9.5
EST:AU=10 EDT:AU=11 MST:MY=8 PST:PH=8 AST:SA=3 AST:AR=3 AST:KW=3 AST:BH=3 AST:QA=3 AMT:BR=-4 AMT:PT=-4
AMT:AM=4 AMT:HY=4 SST:SG=8
"""


#: Names of zones without regard to daylight saving time.
_GENERIC = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "EASTERN TIME": "America/New_York",
    "CENTRAL TIME": "America/Chicago",
    "MOUNTAIN TIME": "America/Denver",
    "PACIFIC TIME": "America/Los_Angeles",
    "ПО МОСКОВСКОМУ ВРЕМЕНИ": "Europe/Moscow",
    "ПО КИЕВСКОМУ ВРЕМЕНИ": "Europe/Kyiv",
    "ЗА КИЇВСЬКИМ ЧАСОМ": "Europe/Kyiv",
}


def _parse_table(table: str) -> dict[str, timezone]:
    zones = (zone.partition("=") for zone in table.split())
    return {name: timezone(timedelta(hours=float(hours))) for name, _, hours in zones}


_ZONES = _parse_table(_HOURS)
_LOCAL_ZONES = _parse_table(_LOCAL_HOURS)

_OFFSET = re.compile(
    r"[(\[]?(?:UTC|GMT|UT|Z)? ?([+-])(\d{1,2})(?::?([0-5]\d))?(?![\d.,:/-])", re.IGNORECASE
)
_IANA = re.compile(r"[(\[]?([A-Za-z]+(?:/[A-Za-z][\w+-]*){1,2})")
_NAME = re.compile(r"[(\[]?([^\W\d_]{1,5})(?![\w/])")
#: Two or more words, such as "Central European Summer Time".
_LONG_NAME = re.compile(r"[(\[]?([^\W\d_][^\d,;()\[\]]* [^\d,;()\[\]]*[^\W\d_])")
#: Words between a time and its zone.
_FILLER = re.compile(
    r"(?:Uhr|uur|hrs?|hours|h|час[а.]*|ч|น|godz|Z?(?=\[))(?![^\W\d_])[.,]? ?", re.IGNORECASE
)


def read_zone(text: str, *, language: str = "", country: str = "") -> tuple[tzinfo | None, str]:
    """Read a time zone at the start of a text; return it, or None, and the rest of the text.

    `language` (primary subtag) and `country` select the meaning of an ambiguous abbreviation.
    """
    filler = _FILLER.match(text)
    text = text[filler.end() :] if filler else text
    if match := _OFFSET.match(text):
        return _offset(*match.groups()), text[match.end() :]
    if (match := _IANA.match(text)) and (key := _iana_keys().get(match[1].casefold())):
        return zoneinfo.ZoneInfo(key), text[match.end() :]
    if (match := _NAME.match(text)) and (zone := _abbreviation(match[1], language, country)):
        return zone, text[match.end() :]
    if (match := _LONG_NAME.match(text)) and (zone := _long_name(match[1], language)):
        return zone, text[match.end() :]
    return None, text


def _offset(sign: str, hours: str, minutes: str | None) -> timezone | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if sign == "-" else offset) if offset < timedelta(hours=24) else None


def _abbreviation(name: str, language: str, country: str) -> tzinfo | None:
    name = name.upper()
    if name in _GENERIC:
        return zoneinfo.ZoneInfo(_GENERIC[name])
    hints = (f"{name}:{hint.upper()}" for hint in (country, language))
    local = next((zone for hint in hints if (zone := _LOCAL_ZONES.get(hint))), None)
    return local or _ZONES.get(name)


def _long_name(name: str, language: str) -> tzinfo | None:
    key = _GENERIC.get(name.upper())
    return zoneinfo.ZoneInfo(key) if key else find_zone_name(name, language)


@cache
def _iana_keys() -> dict[str, str]:
    return {key.casefold(): key for key in zoneinfo.available_timezones() if "/" in key}
