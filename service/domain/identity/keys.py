"""Keys that identify an entry: its guid within the feed, its link, its title.

If several entries of a document have the same guid or link, it identifies none of them.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from service.domain.articles.entries import Draft
from service.domain.text.dates import NO_DATE
from service.domain.urls.canonical import canonical_url, identifies_article

#: A hash of 16 bytes.
Key = bytes
#: Maximum number of links of the versions of one entry in a document.
_MAX_VERSION_LINKS = 2
#: Minimum share of common words in two versions of a headline.
_SIMILAR = 0.5
#: Characters that are neither letters nor digits.
_SEPARATORS = re.compile(r"[\W_]+")
#: Cache size for titles and links; each one of a long feed is compared several times.
_CACHED = 8192


@dataclass(frozen=True, slots=True)
class KeyedEntry:
    """An entry with the keys that may identify it."""

    draft: Draft
    guid: Key | None  #: None without a guid, or if other entries have the same guid
    links: tuple[Key, ...]  #: without tracking parameters, with all parameters
    other_links: tuple[Key, ...]
    titles: tuple[Key, ...]  #: used last: with date and link, and alone if unique
    shared: tuple[Key, ...]  #: keys that several entries of the document have


@lru_cache(maxsize=_CACHED)
def link_keys(url: str) -> tuple[Key, ...]:
    """Return the keys of a link: without tracking parameters, then with all parameters."""
    if "?" not in url and "#" not in url:
        return (_hash(canonical_url(url) or url),)
    texts = (canonical_url(url) or url, canonical_url(url, every_parameter=True) or url)
    return tuple(dict.fromkeys(map(_hash, texts)))


def _guid_key(feed_id: int, guid: str) -> Key:
    """Return the key of a guid, which is unique only within its feed."""
    return _hash(f"guid\n{feed_id}\n{guid}")


def title_key(feed_id: int, title: str, *further: object) -> Key:
    """Return the key of a title within a feed; `further` facts separate entries with one title."""
    return _hash("\n".join(["title", str(feed_id), normalize_title(title), *map(str, further)]))


@lru_cache(maxsize=_CACHED)
def normalize_title(title: str) -> str:
    """Return the words of a title in lower case, separated by spaces."""
    return _SEPARATORS.sub(" ", title.casefold()).strip()


def key_entries(drafts: Iterable[Draft], feed_id: int) -> list[KeyedEntry]:
    """Return the entries of one document with their keys, each entry once.

    If one entry occurs several times, its newest version is kept.
    """
    distinct = _merge_equal(_merge_by_guid(drafts))
    guids = Counter(draft.guid for draft in distinct)
    titles = Counter(normalize_title(draft.title) for draft in distinct)
    links = Counter(key for draft in distinct for key in link_keys(draft.url))
    others = Counter(key for draft in distinct for key in _other_links(draft))
    entries = []
    for draft in distinct:
        guid = _guid_key(feed_id, draft.guid) if draft.guid else None
        own = link_keys(draft.url)
        # It contains all facts that `_merge_equal` compares, so no two entries have the same key.
        specific = title_key(feed_id, draft.title, draft.claimed_date or draft.text, own[0].hex())
        is_repeated = titles[normalize_title(draft.title)] > 1
        entries.append(
            KeyedEntry(
                draft,
                guid if guids[draft.guid] == 1 else None,
                links=() if draft.is_home_page else tuple(key for key in own if links[key] == 1),
                other_links=tuple(
                    key for key in _other_links(draft) if others[key] == 1 and key not in links
                ),
                titles=(
                    (specific,) if is_repeated else (specific, title_key(feed_id, draft.title))
                ),
                shared=(
                    *(key for key in own if links[key] > 1),
                    *([guid] if guid and guids[draft.guid] > 1 else []),
                ),
            )
        )
    return entries


def are_similar(title: str, other: str) -> bool:
    """Whether two headlines may be versions of one headline."""
    words, other_words = set(normalize_title(title).split()), set(normalize_title(other).split())
    return len(words & other_words) >= _SIMILAR * max(len(words | other_words), 1)


def _merge_by_guid(drafts: Iterable[Draft]) -> list[Draft]:
    """Merge versions of one entry: same guid, and the same link or a similar headline."""
    versions: defaultdict[Hashable, list[Draft]] = defaultdict(list)
    for number, draft in enumerate(drafts):
        versions[draft.guid or number].append(draft)
    merged: list[Draft] = []
    for same_guid in versions.values():
        first, links = same_guid[0], {link_keys(each.url)[0] for each in same_guid}
        # One guid under three links is not that of an entry: the feed gives it to many.
        if len(links) <= _MAX_VERSION_LINKS and all(
            _is_version(first, each) for each in same_guid[1:]
        ):
            merged.append(_newest(same_guid))
        else:
            merged += same_guid
    return merged


def _is_version(draft: Draft, other: Draft) -> bool:
    same_link = not draft.is_home_page and link_keys(draft.url)[0] == link_keys(other.url)[0]
    has_similar_title = are_similar(draft.title, other.title)
    common = (
        same_link,
        has_similar_title,
        draft.claimed_date is not None and draft.claimed_date == other.claimed_date,
        bool(draft.text) and draft.text == other.text,
    )
    if not (same_link or has_similar_title):
        return False  # a feed may give all entries one guid, one day and no text
    return (same_link and has_specific_link(draft)) or sum(common) > 1


def has_specific_link(draft: Draft) -> bool:
    """Whether the link contains the number or the words of an article, unlike `/notices`."""
    key = canonical_url(draft.url)
    return not draft.is_home_page and key is not None and identifies_article(key)


def _merge_equal(drafts: Sequence[Draft]) -> list[Draft]:
    """Merge entries that a feed lists several times with one link and different or no guids."""
    versions: defaultdict[Hashable, list[Draft]] = defaultdict(list)
    for draft in drafts:
        content = normalize_title(draft.title), draft.claimed_date or draft.text
        versions[link_keys(draft.url)[0], content].append(draft)
    merged: defaultdict[Hashable, list[Draft]] = defaultdict(list)
    for number, draft in enumerate(map(_newest, versions.values())):
        is_identified = not draft.guid and has_specific_link(draft)
        merged[link_keys(draft.url)[0] if is_identified else number].append(draft)
    return [_newest(each) for each in merged.values()]


def _newest(versions: Sequence[Draft]) -> Draft:
    """Return the version with the latest change; the first in the document wins a tie."""
    return max(versions, key=_last_change)


def _last_change(draft: Draft) -> datetime:
    return max(filter(None, (draft.updated, draft.published)), default=NO_DATE)


def _other_links(draft: Draft) -> tuple[Key, ...]:
    own = link_keys(draft.url)
    keys = (key for url in draft.other_urls for key in link_keys(url)[:1])
    return tuple(dict.fromkeys(key for key in keys if key not in own))


def _hash(text: str) -> Key:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
