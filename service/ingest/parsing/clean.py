"""Cleaning of parsed feeds: the only place where the text of a feed enters the service."""

from dataclasses import replace

from service.domain.articles.entries import Entry, ParsedFeed, Publisher
from service.domain.text.cleaning import clean_date, clean_identifier, clean_text
from service.domain.urls.canonical import MAX_URL_CHARACTERS

#: The longest language tag that BCP 47 recommends to support.
MAX_LANGUAGE_CHARACTERS = 35
MAX_NAME_CHARACTERS = 200


def clean_feed(feed: ParsedFeed) -> ParsedFeed:
    """Return a feed whose texts, identifiers and dates can be stored in every column."""
    return replace(
        feed,
        title=clean_text(feed.title),
        link=clean_identifier(feed.link, MAX_URL_CHARACTERS),
        language=clean_identifier(feed.language, MAX_LANGUAGE_CHARACTERS),
        entries=tuple(map(_clean_entry, feed.entries)),
        warnings=tuple(map(clean_text, feed.warnings)),
    )


def _clean_entry(entry: Entry) -> Entry:
    return replace(
        entry,
        guid=clean_identifier(entry.guid, MAX_URL_CHARACTERS),
        link=clean_identifier(entry.link, MAX_URL_CHARACTERS),
        title=clean_text(entry.title),
        summary=clean_text(entry.summary),
        content=clean_text(entry.content),
        author=clean_text(entry.author),
        published_raw=clean_text(entry.published_raw),
        published=clean_date(entry.published),
        updated=clean_date(entry.updated),
        language=clean_identifier(entry.language, MAX_LANGUAGE_CHARACTERS),
        categories=tuple(map(clean_text, entry.categories)),
        publisher=entry.publisher and _clean_publisher(entry.publisher),
        other_links=tuple(clean_identifier(url, MAX_URL_CHARACTERS) for url in entry.other_links),
    )


def _clean_publisher(publisher: Publisher) -> Publisher:
    url = clean_identifier(publisher.url, MAX_URL_CHARACTERS)
    return Publisher(url, clean_text(publisher.name)[:MAX_NAME_CHARACTERS])
