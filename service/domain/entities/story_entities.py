"""The people, places and organisations of a story, named as its articles name them."""

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
from service.domain.entities.known_names import SAME_PLACE

#: Names of each kind that are shown.
MOST = 6
#: Where this many articles tell a story, a name that only one of them holds is left out.
_SEVERAL = 3

_SHORTEST_OUTLET = 3

SHOWN = (Kind.PERSON, Kind.PLACE, Kind.ORGANISATION)


@dataclass(frozen=True, slots=True)
class Entity:
    """A name, what it stands for, and how many of the story's originals hold it."""

    name: str
    kind: Kind
    articles: int


def find_entities(
    articles: Sequence[Article],
    window: Gazetteer,
    copies: Collection[ArticleId] = (),
    outlets: Mapping[str, str] = MappingProxyType({}),
) -> list[Entity]:
    """Names of a story by kind and by how many articles hold them, most first.

    `window` tells what names stand for, together with the story's own articles; a name that both
    leave open is not shown. A last name alone counts for the person whose whole name the story
    holds. Copies repeat and do not count, nor do outlets that speak of themselves, as they do in
    every feed; `outlets` holds their names by slug.
    """
    originals = [each for each in articles if each.id not in copies] or list(articles)
    known = Gazetteers((window, Gazetteer.from_articles(originals)))
    holders = _holders(originals, known, outlets)
    kinds = {name: kind for name in holders if (kind := known.kind(name))}
    for name, whole in _short_forms(kinds).items():
        holders[whole] |= holders[name]
        del kinds[name]
    fewest = 2 if len(originals) >= _SEVERAL else 1
    return _most_held(
        Entity(name, kind, len(holders[name]))
        for name, kind in kinds.items()
        if kind in SHOWN and len(holders[name]) >= fewest
    )


def _holders(
    articles: Sequence[Article], known: Gazetteers, outlets: Mapping[str, str]
) -> dict[str, set[ArticleId]]:
    """The articles that hold each name."""
    holders: dict[str, set[ArticleId]] = defaultdict(set)
    for article in articles:
        own = {_fold(article.outlet), _fold(outlets.get(article.outlet, ""))}
        for mention in find_mentions_in_article(article):
            if known.is_name(mention) and not _is_one_of(_fold(mention.name), own):
                holders[mention.name].add(article.id)
    return holders


def _is_one_of(name: str, own: Collection[str]) -> bool:
    """Whether a name is an outlet's own, or a part or an extension of it: CBS, CBS News."""
    return len(name) >= _SHORTEST_OUTLET and any(
        outlet.startswith(name) or (outlet and name.startswith(outlet)) for outlet in own
    )


def _short_forms(kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Last names with the one whole name that ends so, and other names of a place; others stay."""
    people = sorted(name for name, kind in kinds.items() if kind == Kind.PERSON)
    found = {name: SAME_PLACE[name] for name in kinds if SAME_PLACE.get(name) in kinds}
    for name in people:
        whole = [other for other in people if other.endswith(f" {name}")]
        longest = max(whole, key=len, default="")
        if longest and all(longest.endswith(other) for other in whole):
            found[name] = longest
    return found


def _most_held(found: Iterable[Entity]) -> list[Entity]:
    """The few names of each kind that most articles hold, people first."""
    ranked = sorted(found, key=lambda each: (SHOWN.index(each.kind), -each.articles, each.name))
    of_kind = ([each for each in ranked if each.kind == kind][:MOST] for kind in SHOWN)
    return [each for some in of_kind for each in some]


def _fold(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
