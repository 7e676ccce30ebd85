"""Tracking parameters of URLs: those that only name the referrer or the campaign.

A parameter is always removed if its name has no other use. The ClearURLs rules and this module list
such names. Other names, for example `rss` or `ref`, may also select an article. They are removed
only if the value names a feed or a network. Names of campaign tools are removed only if the rest of
the URL identifies an article.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from service.settings.clearurls import load_rules

#: A parameter: its name, and the equals sign with the value as written.
Parameter = tuple[str, str]

#: Names that are only used for tracking and have no ClearURLs rule for all sites.
_TRACKING = frozenset(
    {
        # Clicks on advertisements and posts in networks.
        *("gbraid", "wbraid", "gclsrc", "gad_source", "gad_campaignid", "ysclid", "ttclid"),
        *("li_fat_id", "igshid", "igsh", "epik", "rdt_cid", "scclid", "sccid", "yadclid", "wpclid"),
        *("qclid", "sznclid", "s_kwcid", "ef_id", "irclickid", "ir_clickid", "clickid", "cvid"),
        *("ir_adid", "ir_campaignid", "ir_partnerid", "erid", "awc", "obclid", "tblci", "mibextid"),
        *("dicbo", "ymclid", "ndclid", "ss_campaign_id", "ss_email_id", "ss_source"),
        *(
            "_branch_match_id",
            "_bta_c",
            "_bta_tid",
            "_kx",
            "_ke",
            "_hsmi",
            "_ope",
            "nr_email_referer",
        ),
        # Campaigns of newsletters, publishers and measuring tools.
        *(
            "ck_subscriber_id",
            "bsft_clkid",
            "bsft_uid",
            "sc_channel",
            "sc_campaign",
            "mkwid",
            "pcrid",
        ),
        *("mkevt", "mkcid", "mc_tc", "dm_i", "dm_t", "elqtrackid", "elqtrack", "sb_referer_host"),
        *(
            "at_medium",
            "at_campaign",
            "at_campaign_type",
            "at_creation",
            "at_custom1",
            "at_custom2",
        ),
        *("at_custom3", "at_custom4", "at_format", "at_link_id", "at_link_origin", "at_link_type"),
        *("at_bbc_team", "at_ptr_name", "at_variant", "at_network", "at_platform", "ns_mchannel"),
        *("ns_source", "ns_campaign", "ns_linkname", "ns_fee", "xtor", "xtref", "wt_zmc", "cmpid"),
        *("cmp", "icid", "intcmp", "intcid", "int_source", "int_medium", "int_campaign", "ito"),
        *("ocid", "ncid", "smid", "smtyp", "emc", "maca", "mbid", "ftag", "wpisrc", "wpmm", "itid"),
        *("guccounter", "guce_referrer", "guce_referrer_sig", "traffic_source", "feed_tracker"),
        *("soc_src", "soc_trk", "hss_channel", "sc_cid", "vgo_ee"),
        *("sr_share", "share_id", "feedname", "feedtype", "rssfeed", "taid", "_osource", "ref_src"),
        *("ref_url", "cd-origin", "custom_click", "storylink", "utmsource", "utmmedium"),
        *("utmcampaign", "utmterm", "utmcontent", "echobox", "trackingid", "trk", "trkcampaign"),
        # Sessions: the value differs at every visit.
        *(
            "phpsessid",
            "jsessionid",
            "sessionid",
            "session_id",
            "cfid",
            "cftoken",
            "zenid",
            "oscsid",
        ),
    }
)
_PREFIXES = (
    "utm_",
    "pk_",
    "piwik_",
    "matomo_",
    "mtm_",
    "hsa_",
    "oly_",
    "trk_",
    "guce_",
    "aspsessionid",
)
#: Prefixes and names of campaign tools that some sites use for other purposes.
_CAMPAIGN_NAMES = frozenset({"spm", "at_", "ns_", "fb_action_"})
#: Names with many uses; a value that names a feed or a network marks the referrer.
_REFERRERS = frozenset(
    {
        *("ref", "referer", "referrer", "source", "src", "from", "partner", "feed", "rss", "mod"),
        *("via", "cid", "output", "campaign", "medium", "channel", "ch", "origin", "__source"),
        *("tid", "sid", "siteid", "s", "outputtype", "format", "r", "share", "utm", "link"),
    }
)
_FEED_VALUE = re.compile(
    r"(?:^|[^a-z])(?:rss|atom|feeds?|feedburner|twitter|facebook|fb|whatsapp|telegram|linkedin"
    r"|reddit|flipboard|newsletter|social)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_SWITCH = re.compile(r"(?:[01]|true|yes|on)?", re.IGNORECASE)
_DOTTED = re.compile(r"=[\w-]+(?:\.[\w-]+)+")
#: Digits and separators that make a path or a value specific: the number or words of an article.
_MANY_DIGITS = re.compile(r"(?:\d\D{0,3}){4}")
_CODE, _DIGIT, _LETTER = re.compile(r"[\w-]{8}"), re.compile(r"\d"), re.compile("[A-Za-z]")
_MANY_WORDS = re.compile(r"[^/\W_](?:[-_][^/\W_]++){3}")
_SELECTING_VALUE = re.compile(r"=.*(?:\d\D*\d|.{8})")


def is_specific(path: str, parameters: Sequence[Parameter]) -> bool:
    """Whether a path or its parameters contain the number or the words of an article."""
    return bool(
        _MANY_DIGITS.search(path)
        or _MANY_WORDS.search(path)
        or any(map(_has_code, path.split("/")))
        or any(_SELECTING_VALUE.match(value) for _, value in parameters)
    )


def _has_code(segment: str) -> bool:
    """Whether a segment has eight characters in a row, and from them on a digit and a letter."""
    code = _CODE.search(segment)
    return bool(
        code and _DIGIT.search(segment, code.start()) and _LETTER.search(segment, code.start())
    )


def remove_tracking(page: str, parameters: Sequence[Parameter]) -> list[Parameter]:
    """Return the parameters that select the article, in the same order.

    `page` is the URL without its query. Idempotent.
    """
    if not parameters:
        return []
    ruled = _tracked_by_rules(page, parameters)
    kept = [each for each in parameters if each not in ruled and not _is_tracking(*each)]
    path = page.partition("://")[2].partition("/")[2]
    others = [each for each in kept if not _is_campaign(*each)]
    return others if is_specific(path, others) else kept


def _tracked_by_rules(page: str, parameters: Sequence[Parameter]) -> set[Parameter]:
    url = f"{page}?{'&'.join(name + value for name, value in parameters)}"
    tracked: set[Parameter] = set()
    for names, urls, exceptions in _find_rules("/".join(page.split("/", 3)[:3])):
        matching = {each for each in parameters if names.fullmatch(each[0])}
        if matching and urls.match(url) and not any(each.match(url) for each in exceptions):
            tracked |= matching
    return tracked


@lru_cache(maxsize=4096)
def _find_rules(
    origin: str,
) -> list[tuple[re.Pattern[str], re.Pattern[str], list[re.Pattern[str]]]]:
    """Return patterns of names, URLs and exceptions that can match with this scheme and host."""
    return [
        (
            site.parameters,
            site.urls.whole,
            [each.whole for each in site.exceptions if each.may_match(origin)],
        )
        for site in load_rules()
        if site.parameters and site.urls.may_match(origin)
    ]


def _is_tracking(name: str, value: str) -> bool:
    name = name.lower()
    if name in _TRACKING or name.startswith(_PREFIXES):
        return True
    if name == "rss" and _SWITCH.fullmatch(value.removeprefix("=")):
        return True
    if name == "spm":
        return bool(_DOTTED.fullmatch(value))
    return name in _REFERRERS and bool(_FEED_VALUE.search(value))


def _is_campaign(name: str, value: str) -> bool:
    return name.lower().startswith(tuple(_CAMPAIGN_NAMES)) and value != ""
