"""Reservations of publishers against the automated reading of their pages.

robots.txt: RFC 9309, with the signals of Cloudflare (`Content-Signal`) and of the IETF draft AIPREF
(`Content-Usage`). TDMRep: the TDM Reservation Protocol of the W3C community group, for article 4 of
the EU directive 2019/790. `noai` and `X-Robots-Tag` are conventions.
"""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

#: A rule against any of these agents reserves the page against text mining and language models.
AI_AGENTS = (
    "AI2Bot",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "cohere-ai",
    "Diffbot",
    "Google-Extended",
    "GPTBot",
    "meta-externalagent",
    "omgili",
    "PerplexityBot",
    "Timpibot",
)
_SIGNALS = (
    re.compile(
        r"^[ \t]*content-signal[ \t]*:.*\bai-(?:train|input)\s*=\s*no\b",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(
        r"^[ \t]*content-usage[ \t]*:.*\b(?:train-ai|tdm|ai|bots)\s*=\s*n\b",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(r"^[ \t]*disallow-?aitraining[ \t]*:[ \t]*\S", re.IGNORECASE | re.MULTILINE),
)
_NO_AI = re.compile(r"\b(?:noai|noml|notrain)\b", re.IGNORECASE)
_USAGE = re.compile(r"\b(?:train-ai|tdm|ai|bots)\s*=\s*n\b", re.IGNORECASE)


def names_agent(robots: str, agent: str) -> bool:
    """Whether a robots.txt has a group for this agent; it then overrides all other groups."""
    return bool(
        re.search(
            rf"^[ \t]*user-agent[ \t]*:[ \t]*{re.escape(agent)}\b",
            robots,
            re.IGNORECASE | re.MULTILINE,
        )
    )


def find_signal(robots: str) -> str | None:
    """Return the reservation that a robots.txt declares for all pages, or None."""
    signal = next((match for each in _SIGNALS if (match := each.search(robots))), None)
    return f"robots.txt: {' '.join(signal[0].split())[:100]}" if signal else None


def find_in_headers(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the reservation in the headers of a page, or None."""
    for name, value in headers:
        key = name.lower()
        if (
            (key == "x-robots-tag" and _NO_AI.search(value))
            or (key == "tdm-reservation" and value.strip() == "1")
            or (key == "content-usage" and _USAGE.search(value))
        ):
            return f"{name}: {value.strip()[:100]}"
    return None


def find_in_meta(elements: Iterable[tuple[str, str]]) -> str | None:
    """Return the reservation in the `meta` elements of a page, as name and content, or None."""
    for name, content in elements:
        key = name.lower()
        if (key == "robots" or key.endswith("bot")) and _NO_AI.search(content):
            return f"meta {name}: {content.strip()[:100]}"
        if key == "tdm-reservation" and content.strip() == "1":
            return f"meta {name}: 1"
    return None


def find_in_tdmrep(document: bytes, url: str) -> str | None:
    """Return the reservation of a URL in the file `/.well-known/tdmrep.json`, or None.

    The first rule with a matching location applies. A file that is not JSON has no effect.
    """
    try:
        rules = json.loads(document)
    except (ValueError, RecursionError):
        return None
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{parts.query and '?'}{parts.query}"
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and _matches(rule.get("location"), target):
            is_reserved = str(rule.get("tdm-reservation")) == "1"
            return f"tdmrep.json: {rule['location']}" if is_reserved else None
    return None


def _matches(location: Any, target: str) -> bool:
    if not isinstance(location, str) or not location.startswith("/"):
        return False
    # No regular expression: hostile patterns of many stars would take exponential time.
    first, *parts = location.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    end = len(first)
    last = parts.pop() if parts and location.endswith("$") else ""
    for part in parts:
        start = target.find(part, end)
        if start < 0:
            return False
        end = start + len(part)
    if location.endswith("$"):
        return target[end:].endswith(last) if "*" in location else end == len(target)
    return True
