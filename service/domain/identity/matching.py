"""Match the entries of a document with stored articles: guid first, link second.

A guid or link that turns out to belong to several articles is marked as shared from then on.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.articles.entries import Draft
from service.domain.identity.keys import (
    Claim,
    Key,
    are_similar,
    has_specific_link,
    normalize_title,
)

#: Guids that feeds number anew in each document: short, and without a long number.
_NUMBERED_GUID = re.compile(r"(?!.*\d{3}).{0,40}?\d{1,2}|\D{1,20}")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """The facts of a stored article that an entry is compared with."""

    article_id: int
    title: str
    text: str
    claimed_date: datetime | None
    url: str
    feed_id: int  #: the feed that brought it
    has_guid: bool = False  #: whether a guid of this feed identifies it


@dataclass(slots=True)
class Matches:
    """The article of each claim, by its position; claims without one are new."""

    articles: dict[int, StoredEntry] = field(default_factory=dict)
    #: Keys that identify no entry, with the article that had the key so far.
    shared: dict[Key, StoredEntry | None] = field(default_factory=dict)
    #: Whether guids of the feed identified entries of this document.
    has_stable_guids: bool = False
    taken: set[int] = field(default_factory=set)

    def add(self, number: int, article: StoredEntry) -> None:
        """Match a claim; no other claim gets the article."""
        self.articles[number] = article
        self.taken.add(article.article_id)


def match_claims(claims: Sequence[Claim], known: Mapping[Key, StoredEntry | None]) -> Matches:
    """Find the stored article of each claim.

    `known` contains the stored keys; the value is None if several articles share the key.
    """
    matches = Matches(shared={key: known.get(key) for claim in claims for key in claim.shared})
    for number, claim in enumerate(claims):
        _match_guid(number, claim, known, matches)
    matches.has_stable_guids = bool(matches.articles)
    for match in (_match_link, _match_shared_link, _match_title):
        for number, claim in enumerate(claims):
            if number not in matches.articles:
                match(number, claim, known, matches)
    return matches


def match_contents(
    claims: Sequence[Claim], candidates: Iterable[StoredEntry], matches: Matches
) -> None:
    """Match the remaining claims with articles of the feed that have the same title and date.

    This is for feeds whose guids and links differ at each fetch. The host must be the same; without
    a date, the text and the link without its parameters must be the same.
    """
    by_content = {
        _content(each.title, each.claimed_date, each.text, each.url): each
        for each in candidates
        if each.article_id not in matches.taken
    }
    contents = [
        _content(draft.title, draft.claimed_date, draft.text, draft.url)
        for draft in (claim.draft for claim in claims)
    ]
    for number, content in enumerate(contents):
        article = by_content.get(content)
        is_unique = contents.count(content) == 1
        has_own_guid = claims[number].guid is not None and matches.has_stable_guids
        if number not in matches.articles and article and is_unique and not has_own_guid:
            matches.add(number, article)


def is_new_link(claim: Claim, known: Mapping[Key, StoredEntry | None]) -> bool:
    """Whether an entry has a link that identifies it and was never seen."""
    return bool(claim.links) and claim.links[0] not in known


def identifying_keys(
    claim: Claim, known: Mapping[Key, StoredEntry | None], shared: Container[Key]
) -> list[Key]:
    """Return the keys that identify a claim: guid and link, else the title."""
    usable = [
        [key for key in keys if key not in shared and (key not in known or known[key] is not None)]
        for keys in ([claim.guid] if claim.guid else [], claim.links)
    ]
    keys = [key for kind in usable for key in kind[:1]]
    return keys or list(claim.titles)


def _match_guid(
    number: int, claim: Claim, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    article = known.get(claim.guid) if claim.guid else None
    if claim.guid is None or article is None:
        return
    if _is_entry(claim.draft, article, _linked_article(claim, known)):
        matches.add(number, article)
    else:
        matches.shared[claim.guid] = article


def _is_entry(draft: Draft, article: StoredEntry, linked: StoredEntry | None) -> bool:
    """Whether an entry is the article with its guid, and not the one with its link, if any."""
    if linked is not None:
        is_same = linked.article_id == article.article_id
        return is_same or _closeness(draft, article) > _closeness(draft, linked)
    return not _NUMBERED_GUID.fullmatch(draft.guid) or _closeness(draft, article) > 0


def _match_link(
    number: int, claim: Claim, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    for key in (*claim.links, *claim.other_links):
        article = known.get(key)
        if article is None:
            continue
        if article.article_id not in matches.taken and _is_same_page(claim, article, matches):
            matches.add(number, article)
            return
        matches.shared[key] = article


def _match_shared_link(
    number: int, claim: Claim, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    """Match one of several entries with one link with the article that had the link so far."""
    for key in claim.shared:
        article = known.get(key)
        if article is None or article.article_id in matches.taken or article.has_guid:
            continue
        if normalize_title(claim.draft.title) == normalize_title(article.title):
            matches.add(number, article)
            return


def _match_title(
    number: int, claim: Claim, known: Mapping[Key, StoredEntry | None], matches: Matches
) -> None:
    if identifying_keys(claim, known, matches.shared) != list(claim.titles):
        return
    for key in claim.titles:
        article = known.get(key)
        if article is not None and article.article_id not in matches.taken:
            matches.add(number, article)
            return


def _is_same_page(claim: Claim, article: StoredEntry, matches: Matches) -> bool:
    """Whether an entry with the link of an article is this article.

    It is not if the feed has another guid for the article and its guids are stable. A link such as
    `/notices` needs a further common fact.
    """
    if _closeness(claim.draft, article) > 0:
        return True
    has_other_guid = claim.guid is not None and article.has_guid and matches.has_stable_guids
    return has_specific_link(claim.draft) and not has_other_guid


def _linked_article(claim: Claim, known: Mapping[Key, StoredEntry | None]) -> StoredEntry | None:
    return next((article for key in claim.links if (article := known.get(key))), None)


def _closeness(draft: Draft, article: StoredEntry) -> int:
    """Count what an entry and an article have in common, apart from keys."""
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
