"""Conversion of feed entries to article drafts: cleaning, date check, publisher (pure)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from service.domain.articles.entries import (
    Draft,
    Entry,
    FeedContext,
    Publisher,
    Rejection,
    content_hash,
)
from service.domain.identity.publishers import (
    is_planet,
    named_publisher,
    repeats_headline,
    strip_publisher,
)
from service.domain.identity.redirects import unwrap
from service.domain.text.date_forms.feed_date import FeedDate
from service.domain.text.date_forms.undated import find_date
from service.domain.text.dates import check_date, parse_date
from service.domain.text.markup import one_line, shorten
from service.domain.text.phrases import Phrases
from service.domain.urls.canonical import canonical_url, is_home_page, is_web_url, strip_credentials
from service.ingest.detect_language import resolve_language
from service.settings.sections.ingest import AdmitSettings

MAX_TITLE_CHARACTERS = 400
MAX_CATEGORIES = 30
MAX_NAME_CHARACTERS = 200

#: Phrases that publishing software appends to a lead, removed at the end of the text. Some news
#: sentences start like them. So a title after a phrase must not end like a sentence.
_TITLE = r"(?:[ :](?:[^.!?…]|\.(?=\w)){0,100}(?!\s*\.(?!\.)))?"
#: The sign of a link; "Click here to" without it can be a quotation.
_LINK_SIGN = r"(?:…|\.\.\.|[»→>\]]|$)"
_BOILERPLATE = (
    r"The (?:post|article) .{1,300}? (?:first appeared|appeared first) on .{1,100}",
    rf"(?:Continue|Keep) [Rr]eading{_TITLE}",
    r"(?:Read|See|View) (?:the )?[Mm]ore(?: (?:at|on|here)\b.{0,100})?",
    (
        r"(?:Read|See|View) (?:the )?[Ff]ull (?:[Ss]tory|[Aa]rticle|[Rr]eport)"
        rf"(?: (?:at|on|here)\b.{{0,60}}|{_TITLE})"
    ),
    r"READ (?:MORE|FULL|THE).{0,60}",
    rf"Read (?:the )?(?:rest|original article){_TITLE}",
    rf"Click here (?:to|for) [^.!?…]{{0,100}}{_LINK_SIGN}",
    rf"(?:Читать (?:далее|полностью|дальше)|Devamını oku|Weiterlesen|Lire la suite|Leer más){_TITLE}",
    r"\[[^\[\]]{0,10}(?:…|\.\.\.)[^\[\]]{0,10}\]",
)
_ENDING = Phrases(
    re.compile(rf"(?:^|(?<=[\s.!?…»”\"')\]]))\[?(?:{'|'.join(_BOILERPLATE)})[\s\].…>»→]*$"),
    (
        *("appeared", "eading", "More", "more", "Full", "full", "READ", "Read ", "Click here "),
        *("Читать ", "Devamını oku", "Weiterlesen", "Lire la suite", "Leer más", "…", "..."),
    ),
)
_SENTENCE_END = re.compile(r"(?<=[.!?…。؟])[\"”»')\]]?\s")
#: Only this much of the end is searched, which bounds the cost.
_ENDING_CHARACTERS = 500
#: Maximum number of phrases that are removed; each one needs a search.
_MAX_ENDINGS = 8


def admit_feed(
    entries: Iterable[Entry], feed: FeedContext, *, now: datetime, settings: AdmitSettings
) -> tuple[list[Draft], list[Rejection]]:
    """Convert the entries of a feed.

    If the links lead to the sites of many publishers, each entry belongs to the site of its link.
    """
    outcomes = [_admit_or_reject(entry, feed, now=now, settings=settings) for entry in entries]
    drafts = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
    if is_planet((draft.url for draft in drafts), feed):
        drafts = [_assign_publisher(draft, feed) for draft in drafts]
    return drafts, [outcome for outcome in outcomes if isinstance(outcome, Rejection)]


def admit_entry(
    entry: Entry, feed: FeedContext, *, now: datetime, settings: AdmitSettings
) -> Draft | Rejection:
    """Convert an entry to an article draft, or return the reason why it is rejected.

    A missing or implausible date does not reject an entry: it is flagged, and `published` is None.
    An entry without a link gets a URN derived from its feed and GUID or title.
    """
    guid = one_line(entry.guid)
    link = next((url for url in (one_line(entry.link), guid) if is_web_url(url)), "")
    target = unwrap(link)
    publisher = _find_publisher(entry, feed, link=link, target=target)
    content = strip_boilerplate(entry.content)
    lead = strip_boilerplate(one_line(entry.summary or content))
    title = one_line(entry.title)
    if publisher:
        lead = "" if repeats_headline(lead, title, publisher) else lead
        title = strip_publisher(title, publisher)
    text = shorten(lead, settings.max_text_characters)
    # Content that is not longer than the lead is not stored a second time.
    body = shorten(content, settings.max_body_characters) if len(content) > len(text) else ""
    title = shorten(title, MAX_TITLE_CHARACTERS) or first_sentence(text)
    if not title:
        return Rejection(entry.guid, "no title and no text")
    tolerance = settings.future_tolerance
    language = _language_tag(entry.language or feed.language)
    date = _read_date(entry, feed, language) or find_date(
        target, (title, text), language=language, now=now
    )
    checked = check_date(entry.published_raw, date, now=now, tolerance=tolerance)
    categories = (shorten(one_line(name), MAX_NAME_CHARACTERS) for name in entry.categories)
    return Draft(
        url=strip_credentials(target) or _urn(entry, feed, title),
        title=title,
        text=text,
        body=body,
        author=shorten(one_line(entry.author), MAX_NAME_CHARACTERS),
        language=resolve_language(language, title, text),
        published=checked.trusted,
        claimed_date=checked.claimed_date,
        date_flag=checked.flag,
        updated=_trusted_update(entry.updated, now=now, tolerance=tolerance),
        categories=tuple(dict.fromkeys(filter(None, categories)))[:MAX_CATEGORIES],
        content_hash=content_hash(title, text, body),
        guid=guid,
        other_urls=tuple(url for url in entry.other_links if is_web_url(url)),
        is_home_page=is_home_page(target, feed.link, feed.url),
        publisher=publisher,
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
    for _ in range(_MAX_ENDINGS):
        if not (ending := _ENDING.search(text, max(len(text) - _ENDING_CHARACTERS, 0))):
            break
        text = text[: ending.start()].rstrip()
    return text.rstrip()


def first_sentence(text: str) -> str:
    """Return the first sentence, as the title of an entry without one."""
    return shorten(_SENTENCE_END.split(text, maxsplit=1)[0].strip(), MAX_TITLE_CHARACTERS // 2)


def _find_publisher(entry: Entry, feed: FeedContext, *, link: str, target: str) -> Publisher | None:
    """Return the publisher that the entry or its redirect link names."""
    if publisher := named_publisher(entry.publisher, feed):
        return publisher
    return named_publisher(Publisher(target, ""), feed) if target != link else None


def _assign_publisher(draft: Draft, feed: FeedContext) -> Draft:
    return replace(
        draft, publisher=draft.publisher or named_publisher(Publisher(draft.url, ""), feed)
    )


def _trusted_update(
    updated: datetime | None, *, now: datetime, tolerance: timedelta
) -> datetime | None:
    """Return the time of the last change, at most `now`; None if it is in the future.

    A clock that is ahead must not make later changes look older.
    """
    return min(updated, now) if updated and updated <= now + tolerance else None


def _read_date(entry: Entry, feed: FeedContext, language: str) -> FeedDate | None:
    """Read the entry's date again with the outlet's country, which the parser does not have."""
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
