"""Conversion of feed entries to article drafts: cleaning, date check, canonical URL (pure)."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from service.domain.articles.entries import (
    Draft,
    Entry,
    FeedContext,
    Rejection,
    content_hash,
    newest_per_url,
)
from service.domain.text.date_forms.feed_date import FeedDate
from service.domain.text.date_forms.undated import find_date
from service.domain.text.dates import check_date, parse_date
from service.domain.text.markup import one_line, shorten
from service.domain.text.urls import canonical_url, is_web_url, strip_credentials
from service.ingest.detect_language import resolve_language
from service.settings.ingest import AdmitSettings

MAX_TITLE_CHARACTERS = 400
MAX_CATEGORIES = 30
MAX_NAME_CHARACTERS = 200

#: Phrases that publishing software appends to a lead, removed at the end of the text. They start
#: with a capital, because "people who keep reading" is part of the text.
_BOILERPLATE = (
    r"The (?:post|article) .{1,300}? (?:first )?appeared (?:first )?on .{1,100}",
    r"(?:Continue|Keep) [Rr]eading(?: .{0,300})?",
    r"(?:Read|See|View) (?:the )?[Mm]ore(?: (?:at|on|here)\b.{0,100})?",
    r"(?:Read|See|View) (?:the )?[Ff]ull (?:[Ss]tory|[Aa]rticle|[Rr]eport).{0,60}",
    r"READ (?:MORE|FULL|THE).{0,60}",
    r"Read (?:the )?(?:rest|original article).{0,100}",
    r"Click here (?:to|for) .{0,100}",
    r"Читать (?:далее|полностью|дальше).{0,40}",
    r"Devamını oku.{0,40}|Weiterlesen.{0,40}|Lire la suite.{0,60}|Leer más.{0,40}",
    r"\[[^\[\]]{0,10}(?:…|\.\.\.)[^\[\]]{0,10}\]",
)
_ENDING = re.compile(rf"(?:^|(?<=[\s.!?…»”\"')\]]))\[?(?:{'|'.join(_BOILERPLATE)})[\s\].…>»→]*$")
_SENTENCE_END = re.compile(r"(?<=[.!?…。؟])[\"”»')\]]?\s")
#: Only this much of the end is searched, which bounds the cost.
_ENDING_CHARACTERS = 500


def admit_feed(
    entries: Iterable[Entry], feed: FeedContext, *, now: datetime, settings: AdmitSettings
) -> tuple[list[Draft], list[Rejection]]:
    """Convert the entries of a feed; if several have one URL, return only the newest."""
    outcomes = [_admit_or_reject(entry, feed, now=now, settings=settings) for entry in entries]
    drafts = newest_per_url(outcome for outcome in outcomes if isinstance(outcome, Draft))
    return drafts, [outcome for outcome in outcomes if isinstance(outcome, Rejection)]


def admit_entry(
    entry: Entry, feed: FeedContext, *, now: datetime, settings: AdmitSettings
) -> Draft | Rejection:
    """Convert an entry to an article draft, or return the reason why it is rejected.

    A missing or implausible date does not reject an entry: it is flagged, and `published` is None.
    An entry without a link gets a URN derived from its feed and GUID or title.
    """
    content = strip_boilerplate(entry.content)
    lead = strip_boilerplate(one_line(entry.summary or content))
    text = shorten(lead, settings.max_text_characters)
    # Content that is no longer than the lead is not stored twice.
    body = shorten(content, settings.max_body_characters) if len(content) > len(text) else ""
    title = shorten(one_line(entry.title), MAX_TITLE_CHARACTERS) or first_sentence(text)
    if not title:
        return Rejection(entry.guid, "no title and no text")
    candidates = (one_line(entry.link), one_line(entry.guid))
    link = next((strip_credentials(url) for url in candidates if is_web_url(url)), "")
    language = _language_tag(entry.language or feed.language)
    date = _read_date(entry, feed, language) or find_date(
        link, (title, text), language=language, now=now
    )
    checked = check_date(
        entry.published_raw,
        date,
        now=now,
        tolerance=timedelta(minutes=settings.future_tolerance_minutes),
    )
    categories = (shorten(one_line(name), MAX_NAME_CHARACTERS) for name in entry.categories)
    return Draft(
        url=canonical_url(link) or _urn(entry, feed, title),
        link=link,
        title=title,
        text=text,
        body=body,
        author=shorten(one_line(entry.author), MAX_NAME_CHARACTERS),
        language=resolve_language(language, title, text),
        published=checked.trusted,
        claimed_date=checked.claimed_date,
        date_flag=checked.flag,
        updated=entry.updated,
        categories=tuple(dict.fromkeys(filter(None, categories)))[:MAX_CATEGORIES],
        content_hash=content_hash(title, text, body),
        date_precision=checked.precision or "minute",
    )


def _admit_or_reject(
    entry: Entry, feed: FeedContext, *, now: datetime, settings: AdmitSettings
) -> Draft | Rejection:
    """Convert an entry; reject it if that fails unexpectedly, so that the others are stored."""
    try:
        return admit_entry(entry, feed, now=now, settings=settings)
    except MemoryError:
        raise  # the memory limit of the worker
    except Exception as error:  # noqa: BLE001 - see above
        return Rejection(entry.guid, one_line(f"cannot be converted: {error!r}")[:300])


def strip_boilerplate(text: str) -> str:
    """Return the text without phrases such as "Continue reading" at its end."""
    while ending := _ENDING.search(text, max(len(text) - _ENDING_CHARACTERS, 0)):
        text = text[: ending.start()].rstrip()
    return text.rstrip()


def first_sentence(text: str) -> str:
    """Return the first sentence, as the title of an entry without one."""
    return shorten(_SENTENCE_END.split(text, maxsplit=1)[0].strip(), MAX_TITLE_CHARACTERS // 2)


def _read_date(entry: Entry, feed: FeedContext, language: str) -> FeedDate | None:
    """The entry's date, read again with the outlet's country, which the parser lacks."""
    parsed = FeedDate(entry.published, entry.date_precision) if entry.published else None
    if not feed.country:
        return parsed
    return parse_date(entry.published_raw, language=language, country=feed.country) or parsed


def _urn(entry: Entry, feed: FeedContext, title: str) -> str:
    name = f"{canonical_url(feed.url) or feed.url}\n{one_line(entry.guid) or title}"
    return f"urn:samestory:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _language_tag(language: str) -> str:
    """Return a language tag in lower case, or an empty string if it is malformed."""
    tag = language.strip().replace("_", "-").lower()
    return tag if re.fullmatch(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", tag) else ""
