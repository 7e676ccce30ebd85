"""Entities of a story: people, places and organisations named in its articles."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.domain.articles.model import Article, ArticleId
from service.domain.entities.gazetteer import (
    Gazetteer,
    Gazetteers,
    Kind,
    find_mentions_in_article,
)
from service.domain.entities.name_lists import PLACE_ALIASES

#: Maximum entities shown per kind.
MAX_PER_KIND = 6
#: From this many originals on, a name must occur in two of them.
_MIN_ARTICLES_FOR_TWO = 3

_MIN_OUTLET_CHARACTERS = 3

SHOWN_KINDS = (Kind.PERSON, Kind.PLACE, Kind.ORGANISATION)


@dataclass(frozen=True, slots=True)
class Entity:
    """A name, its kind, and the number of the story's originals that contain it."""

    name: str
    kind: Kind
    articles: int


def find_entities(
    articles: Sequence[Article],
    window: Gazetteer,
    copies: Collection[ArticleId] = (),
    outlets: Mapping[str, str] = MappingProxyType({}),
) -> list[Entity]:
    """Return the entities of a story by kind, and by number of articles, descending.

    The kinds come from `window` and the story's own articles; names without a clear kind are
    omitted. A last name alone counts for the full name if the story contains it. Copies, and
    outlets that mention themselves, do not count; `outlets` maps slugs to names.
    """
    originals = [each for each in articles if each.id not in copies] or list(articles)
    gazetteers = Gazetteers((window, Gazetteer.from_articles(originals)))
    articles_by_name = _articles_by_name(originals, gazetteers, outlets)
    kinds = {name: kind for name in articles_by_name if (kind := gazetteers.kind(name))}
    for name, full_name in _find_aliases(kinds).items():
        articles_by_name[full_name] |= articles_by_name[name]
        del kinds[name]
    fewest = 2 if len(originals) >= _MIN_ARTICLES_FOR_TWO else 1
    return _most_frequent(
        Entity(name, kind, len(articles_by_name[name]))
        for name, kind in kinds.items()
        if kind in SHOWN_KINDS and len(articles_by_name[name]) >= fewest
    )


def _articles_by_name(
    articles: Sequence[Article], gazetteers: Gazetteers, outlets: Mapping[str, str]
) -> dict[str, set[ArticleId]]:
    """Map each name to the ids of the articles that contain it."""
    ids_by_name: dict[str, set[ArticleId]] = defaultdict(set)
    for article in articles:
        own = {_fold(article.outlet), _fold(outlets.get(article.outlet, ""))}
        for mention in find_mentions_in_article(article):
            if gazetteers.is_name(mention) and not _is_outlet_name(_fold(mention.name), own):
                ids_by_name[mention.name].add(article.id)
    return ids_by_name


def _is_outlet_name(name: str, own: Collection[str]) -> bool:
    """Whether a name equals, shortens or extends one of an outlet's names: CBS, CBS News."""
    return len(name) >= _MIN_OUTLET_CHARACTERS and any(
        outlet.startswith(name) or (outlet and name.startswith(outlet)) for outlet in own
    )


def _find_aliases(kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Map last names to the only full name that ends with them, and places to their usual name."""
    people = sorted(name for name, kind in kinds.items() if kind == Kind.PERSON)
    aliases = {name: PLACE_ALIASES[name] for name in kinds if PLACE_ALIASES.get(name) in kinds}
    for name in people:
        full_names = [other for other in people if other.endswith(f" {name}")]
        longest = max(full_names, key=len, default="")
        if longest and all(longest.endswith(other) for other in full_names):
            aliases[name] = longest
    return aliases


def _most_frequent(entities: Iterable[Entity]) -> list[Entity]:
    """Return the most frequent entities of each kind, people first."""
    ranked = sorted(
        entities, key=lambda each: (SHOWN_KINDS.index(each.kind), -each.articles, each.name)
    )
    of_kind = (
        [each for each in ranked if each.kind == kind][:MAX_PER_KIND] for kind in SHOWN_KINDS
    )
    return [each for some in of_kind for each in some]


def _fold(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
