"""Match the entries of a document with stored articles: by guid, then link, then title or content.

A guid or link that belongs to several articles is marked as shared.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.articles.entries import Draft
from service.domain.identity.keys import (
    Key,
    KeyedEntry,
    are_similar,
    has_specific_link,
    normalize_title,
)

#: Guids that are numbered from the start in each document: short, and without a long number.
_NUMBERED_GUID = re.compile(r"(?!.*\d{3}).{0,40}?\d{1,2}|\D{1,20}")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """The facts of a stored article that an entry is compared with."""

    article_id: int
    title: str
    text: str
    claimed_date: datetime | None
    url: str
    feed_id: int  #: the first feed that contained it
    has_guid: bool = False  #: whether a guid of this feed identifies it


@dataclass(slots=True)
class Matches:
    """The article of each entry, by position of the entry; entries without an article are new."""

    articles: dict[int, StoredEntry] = field(default_factory=dict)
    #: Keys that identify no entry, with the article that had the key before.
    shared: dict[Key, StoredEntry | None] = field(default_factory=dict)
    #: Whether a guid identified at least one entry of this document.
    has_stable_guids: bool = False
    matched_ids: set[int] = field(default_factory=set)

    def add(self, number: int, article: StoredEntry) -> None:
        """Match an entry; no other entry gets the article."""
        self.articles[number] = article
        self.matched_ids.add(article.article_id)


def match_entries(
    entries: Sequence[KeyedEntry], known: Mapping[Key, StoredEntry | None]
) -> Matches:
    """Find the stored article of each entry.

    `known` contains the stored keys; the value is None if several articles share the key.
    """
    matches = Matches(shared={key: known.get(key) for entry in entries for key in entry.shared})
    for number, entry in enumerate(entries):
        _match_guid(number, entry, known, matches)
    matches.has_stable_guids = bool(matches.articles)
    for match in (_match_link, _match_shared_link, _match_title):
        for number, entry in enumerate(entries):
            if number not in matches.articles:
                match(number, entry, known, matches)
    return matches


def match_contents(
    entries: Sequence[KeyedEntry], candidates: Iterable[StoredEntry], matches: Matches
) -> None:
    """Match the remaining entries with articles of the feed that have the same title and date.

    Some feeds change guids and links at each fetch. The host must be the same too. Without a date,
    the text and the link without its parameters must be the same.
    """
    by_content = {
        _content(each.title, each.claimed_date, each.text, each.url): each
        for each in candidates
        if each.article_id not in matches.matched_ids
    }
    if not by_content:
        return
    contents = [
        _content(draft.title, draft.claimed_date, draft.text, draft.url)
        for draft in (entry.draft for entry in entries)
    ]
    frequencies = Counter(contents)
    for number, content in enumerate(contents):
        article = by_content.get(content)
        is_unique = frequencies[content] == 1
        has_own_guid = entries[number].guid is not None and matches.has_stable_guids
        if number not in matches.articles and article and is_unique and not has_own_guid:
            matches.add(number, article)


def is_new_link(entry: KeyedEntry, known: Mapping[Key, StoredEntry | None]) -> bool:
    """Whether an entry has a link that identifies it and is not stored yet."""
    return bool(entry.links) and entry.links[0] not in known


def identifying_keys(
    entry: KeyedEntry, known: Mapping[Key, StoredEntry | None], shared: Container[Key]
) -> list[Key]:
    """Return the keys that identify an entry: guid and link, else the title."""
    usable = [
        [key for key in keys if key not in shared and (key not in known or known[key] is not None)]
        for keys in ([entry.guid] if entry.guid else [], entry.links)
    ]
    keys = [key for kind in usable for key in kind[:1]]
    return keys or list(entry.titles)


def _match_guid(
    number: int, entry: KeyedEntry, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    article = known.get(entry.guid) if entry.guid else None
    if entry.guid is None or article is None:
        return
    if _is_entry(entry.draft, article, _linked_article(entry, known)):
        matches.add(number, article)
    else:
        matches.shared[entry.guid] = article


def _is_entry(draft: Draft, article: StoredEntry, linked: StoredEntry | None) -> bool:
    """Whether an entry is the article with the same guid.

    If another article has the same link, the article with more facts in common is the entry. If no
    article has the same link, a guid that may be numbered in each document needs one fact in common
    besides the date.
    """
    if linked is not None:
        is_same = linked.article_id == article.article_id
        return is_same or _closeness(draft, article) > _closeness(draft, linked)
    # All entries of a day may have one date, so the date alone is no evidence.
    has_same_date = draft.claimed_date is not None and draft.claimed_date == article.claimed_date
    return not _NUMBERED_GUID.fullmatch(draft.guid) or _closeness(draft, article) > has_same_date


def _match_link(
    number: int, entry: KeyedEntry, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    for key in (*entry.links, *entry.other_links):
        article = known.get(key)
        if article is None:
            continue
        if article.article_id not in matches.matched_ids and _is_same_page(entry, article, matches):
            matches.add(number, article)
            return
        matches.shared[key] = article


def _match_shared_link(
    number: int, entry: KeyedEntry, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    """Match an entry with the article that had its link before, although the link is shared now."""
    for key in entry.shared:
        article = known.get(key)
        if article is None or article.article_id in matches.matched_ids or article.has_guid:
            continue
        if normalize_title(entry.draft.title) == normalize_title(article.title):
            matches.add(number, article)
            return


def _match_title(
    number: int, entry: KeyedEntry, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    if identifying_keys(entry, known, matches.shared) != list(entry.titles):
        return
    for key in entry.titles:
        article = known.get(key)
        if article is not None and article.article_id not in matches.matched_ids:
            matches.add(number, article)
            return


def _is_same_page(entry: KeyedEntry, article: StoredEntry, matches: Matches) -> bool:
    """Whether an entry and an article with the same link are the same.

    They are the same if they have a further fact in common. Without one, the link must be specific,
    unlike `/notices`, and the feed must not have another stable guid for the article.
    """
    if _closeness(entry.draft, article) > 0:
        return True
    has_other_guid = entry.guid is not None and article.has_guid and matches.has_stable_guids
    return has_specific_link(entry.draft) and not has_other_guid


def _linked_article(
    entry: KeyedEntry, known: Mapping[Key, StoredEntry | None]
) -> StoredEntry | None:
    return next((article for key in entry.links if (article := known.get(key))), None)


def _closeness(draft: Draft, article: StoredEntry) -> int:
    """Count the facts that an entry and an article have in common, without keys."""
    facts = (
        normalize_title(draft.title) == normalize_title(article.title),
        are_similar(draft.title, article.title),
        draft.claimed_date is not None and draft.claimed_date == article.claimed_date,
        bool(draft.text) and draft.text == article.text,
        are_similar(f"{draft.title} {draft.text}", f"{article.title} {article.text}"),
    )
    return sum(facts)


def _content(title: str, date: datetime | None, text: str, url: str) -> tuple[object, ...]:
    page = url.partition("?")[0].partition("#")[0].partition(";")[0]
    host = "/".join(page.split("/", 3)[:3])
    return normalize_title(title), *((host, date) if date else (page, text))
