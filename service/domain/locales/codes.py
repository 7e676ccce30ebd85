"""Country and language codes: the accepted sets, and their normalized form."""

from functools import cache

from babel import Locale

from service.domain.text.nearest import suggest
from service.errors import BadInputError

# ISO's own lists, not CLDR's: CLDR adds regions that are not countries (EU, ZZ), lacks "bh", and
# maps some ISO 639-2 codes to another language (tgl to fil).
#: ISO 3166-1 alpha-2 as in iso-codes 4.15, plus the user-assigned XK (Kosovo).
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK
"""
COUNTRIES = frozenset(_COUNTRIES.split())
#: ISO 639-1 codes with their ISO 639-2 equivalents, from the same source.
_LANGUAGES = """
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak
be:bel bg:bul bh:bih bi:bis bm:bam bn:ben bo:bod,tib br:bre bs:bos ca:cat ce:che ch:cha co:cos
cr:cre cs:ces,cze cu:chu cv:chv cy:cym,wel da:dan de:deu,ger dv:div dz:dzo ee:ewe el:ell,gre
en:eng eo:epo es:spa et:est eu:baq,eus fa:fas,per ff:ful fi:fin fj:fij fo:fao fr:fra,fre fy:fry
ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun
hy:arm,hye hz:her ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:ice,isl it:ita iu:iku
ja:jpn jv:jav ka:geo,kat kg:kon ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas
ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav
mg:mlg mh:mah mi:mao,mri mk:mac,mkd ml:mal mn:mon mr:mar ms:may,msa mt:mlt my:bur,mya na:nau
nb:nob nd:nde ne:nep ng:ndo nl:dut,nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm
or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron,rum ru:rus rw:kin
sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk,slo sl:slv sm:smo sn:sna so:som sq:alb,sqi
sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl
tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie
vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:chi,zho zu:zul
"""
_THREE_LETTER_CODES = dict(entry.split(":") for entry in _LANGUAGES.split())
LANGUAGES = frozenset(_THREE_LETTER_CODES)
_TO_TWO_LETTERS = {
    long: short for short, codes in _THREE_LETTER_CODES.items() for long in codes.split(",")
}
_THREE = 3
#: Codes that are often used, but belong to no country in ISO 3166-1.
_COUNTRY_ALIASES = {"UK": "GB", "EL": "GR"}


def country_code(text: str) -> str:
    """Return the country code in upper case.

    Raises:
        BadInputError: the code is not an ISO 3166-1 alpha-2 code.
    """
    code = text.strip().upper()
    if code not in COUNTRIES or not text.isascii():  # "ß".upper() is "SS"
        raise BadInputError(
            f"Invalid country {text!r}: expected a two-letter ISO 3166-1 code such as GB; "
            f"{suggest(_COUNTRY_ALIASES.get(code, text), _list_countries())}"
        )
    return code


def language_code(text: str) -> str:
    """Return the primary language code in lower case: two letters where ISO 639-1 has one.

    The region is removed. Any other three-letter code is accepted because ISO 639-3 defines about
    8,000 of them.

    Raises:
        BadInputError: the code cannot be an ISO 639 code.
    """
    code = text.strip().lower().partition("-")[0]
    code = _TO_TWO_LETTERS.get(code, code)
    has_three_letters = len(code) == _THREE and code.isalpha()
    if not text.isascii() or (code not in LANGUAGES and not has_three_letters):
        raise BadInputError(
            f"Invalid language {text!r}: expected an ISO 639 code such as en; "
            f"{suggest(text, _list_languages())}"
        )
    return code


def primary_subtag(tag: str | None) -> str:
    """Return the primary subtag of a language tag in lower case: `pt` for `pt-BR`, "" for None."""
    return (tag or "").lower().replace("_", "-").partition("-")[0]


def language_or_english(tag: str | None) -> str:
    """Return the primary subtag of a language tag; `en` for an unknown language."""
    return primary_subtag(tag) or "en"


@cache
def _list_countries() -> dict[str, str]:
    return {code: Locale("en").territories.get(code, code) for code in COUNTRIES}


@cache
def _list_languages() -> dict[str, str]:
    return {code: Locale("en").languages.get(code, code) for code in LANGUAGES}
