"""How stories live on while groups change: the plan from the stories known to those found."""

from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from service.domain.articles.model import ArticleId, id_key

Kind = Literal["emerged", "grew", "shrank", "merged", "split", "closed", "reopened"]
Members = tuple[ArticleId, ...]

#: A younger story keeps its id against an older one only if it brings over twice the articles.
_DWARFED = 2


@dataclass(frozen=True, slots=True)
class KnownStory:
    """A story as it stands, with all its articles, those outside the window too."""

    id: str
    emerged: datetime
    members: frozenset[ArticleId]


@dataclass(frozen=True, slots=True)
class Membership:
    """An article's stay in a story."""

    article: ArticleId
    story: str


@dataclass(frozen=True, slots=True)
class NewStory:
    """A story to be made; `split_from` names the story that most of its articles leave."""

    id: str
    split_from: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """A story that ends, and the one that its address leads to from now on."""

    story: str
    into: str


@dataclass(frozen=True, slots=True)
class Transition:
    """What happens to a story; `other` is the survivor of a merge or the child of a split."""

    story: str
    kind: Kind
    articles: Members = ()
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Decided, not yet written changes; `store.plans` writes them.

    Articles that are closed and not opened again are in no story afterwards.
    """

    emerged: tuple[NewStory, ...] = ()
    closed: tuple[Membership, ...] = ()
    opened: tuple[Membership, ...] = ()
    merged: tuple[Merge, ...] = ()
    revived: tuple[str, ...] = ()  #: merged stories that an editor brings back
    transitions: tuple[Transition, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.emerged or self.closed or self.opened or self.merged)


def story_id(founder: ArticleId, is_taken: Callable[[str], bool]) -> str:
    """A short, opaque, URL-safe id, derived from the founding article; another if it is taken."""
    salt = 0
    while True:
        digest = blake2b(repr((founder, salt)).encode(), digest_size=7).digest()
        found = b32encode(digest).decode().lower()[:10]
        if not is_taken(found):
            return found
        salt += 1


def plan_update(
    known: Iterable[KnownStory],
    groups: Iterable[Collection[ArticleId]],
    *,
    is_taken: Callable[[str], bool] = lambda _: False,
) -> Plan:
    """Match stories with groups by shared articles, and say what has to change.

    A group goes to a story that finds most of its own articles there; among several the
    oldest, unless a younger one brings more than twice as many. What no story claims is
    new; a story that loses every article is merged into the one that got most of them.
    Articles in no group stay where they are. The same input in any order gives the same
    plan, and a plan once applied leaves nothing to do.

    `is_taken` tells of ids that are in use beyond `known`.
    """
    stories = sorted(known, key=lambda story: (story.emerged, story.id))
    found = sorted((_sorted(group) for group in groups if group), key=lambda ids: id_key(ids[0]))
    home = {article: story.id for story in stories for article in story.members}
    overlaps = [Counter(home[key] for key in ids if key in home) for ids in found]
    claimed = _claims([story.id for story in stories], overlaps)
    taken = {story.id for story in stories}
    names, emerged = [], []
    for number, ids in enumerate(found):
        name = claimed.get(number)
        if name is None:
            name = story_id(ids[0], lambda key: key in taken or is_taken(key))
            taken.add(name)
            emerged.append(NewStory(name, _parent(overlaps[number], stories)))
        names.append(name)
    return _plan(stories, dict(zip(names, found, strict=True)), home, emerged)


def plan_edit(
    known: Iterable[KnownStory],
    wanted: Mapping[str, Collection[ArticleId]],
    *,
    emerged: Sequence[NewStory] = (),
    revived: Collection[str] = (),
) -> Plan:
    """What an editor wants of some stories: the articles of each, by its id.

    `emerged` are those of the wanted stories that are new; `revived` those that were merged and
    live on. As in `plan_update`, a story that loses every article is merged into the one that got
    most of them.
    """
    stories = sorted(known, key=lambda story: (story.emerged, story.id))
    home = {article: story.id for story in stories for article in story.members}
    found = {name: _sorted(ids) for name, ids in wanted.items()}
    return _plan(stories, found, home, emerged, revived)


def _claims(stories: Sequence[str], overlaps: Sequence[Counter[str]]) -> dict[int, str]:
    """The story of each claimed group; `stories` stand oldest first."""
    claimed: dict[int, str] = {}
    waiting = list(stories)
    while True:
        claims = _round(waiting, overlaps, claimed)
        if not claims:
            return claimed
        claimed.update(claims)
        waiting = [story for story in waiting if story not in set(claims.values())]


def _round(
    stories: Sequence[str], overlaps: Sequence[Counter[str]], claimed: Mapping[int, str]
) -> dict[int, str]:
    """Every story asks for the free group with most of its articles; each group takes one story."""
    wishes: dict[int, list[str]] = {}
    best: dict[str, tuple[int, int]] = {}
    for number, overlap in enumerate(overlaps):
        if number in claimed:
            continue
        for story, shared in overlap.items():
            best[story] = max(best.get(story, (0, 0)), (shared, -number))
    for story in stories:
        if story in best:
            wishes.setdefault(-best[story][1], []).append(story)
    return {number: _senior(asking, overlaps[number]) for number, asking in wishes.items()}


def _senior(asking: Sequence[str], overlap: Counter[str]) -> str:
    """The oldest of those that bring at least half as many articles as the one with most."""
    most = max(overlap[story] for story in asking)
    return next(story for story in asking if overlap[story] * _DWARFED >= most)


def _parent(overlap: Counter[str], stories: Sequence[KnownStory]) -> str | None:
    """The story that gives a new one most of its articles, the older of two."""
    if not overlap:
        return None
    most = max(overlap.values())
    return next(story.id for story in stories if overlap[story.id] == most)


def _plan(
    stories: Sequence[KnownStory],
    found: Mapping[str, Members],
    home: Mapping[ArticleId, str],
    emerged: Sequence[NewStory],
    revived: Collection[str] = (),
) -> Plan:
    moves = sorted(
        (
            (article, home.get(article), name)
            for name, ids in found.items()
            for article in ids
            if home.get(article) != name
        ),
        key=lambda move: id_key(move[0]),
    )
    merges = _merges(stories, moves)
    return Plan(
        emerged=tuple(emerged),
        closed=tuple(Membership(article, old) for article, old, _ in moves if old),
        opened=tuple(Membership(article, new) for article, _, new in moves),
        merged=tuple(merges),
        revived=tuple(sorted(revived)),
        transitions=tuple(_transitions(moves, emerged, merges, revived)),
    )


def _merges(
    stories: Sequence[KnownStory], moves: Sequence[tuple[ArticleId, str | None, str]]
) -> list[Merge]:
    """Stories that every article leaves, each with the story that gets most of them."""
    gained = Counter(new for _, _, new in moves)
    leaving: dict[str, Counter[str]] = {}
    for _, old, new in moves:
        if old:
            leaving.setdefault(old, Counter())[new] += 1
    merges = []
    for story in stories:
        targets = leaving.get(story.id, Counter())
        if story.members and targets.total() == len(story.members) and not gained[story.id]:
            most = max(targets.values())
            merges.append(Merge(story.id, min(name for name in targets if targets[name] == most)))
    return merges


def _transitions(
    moves: Sequence[tuple[ArticleId, str | None, str]],
    emerged: Sequence[NewStory],
    merges: Sequence[Merge],
    revived: Collection[str],
) -> list[Transition]:
    """One line of history for everything that happens to a story, sorted."""
    gained: dict[str, list[ArticleId]] = {}
    lost: dict[str, list[ArticleId]] = {}
    for article, old, new in moves:
        gained.setdefault(new, []).append(article)
        if old:
            lost.setdefault(old, []).append(article)
    fresh = {story.id for story in emerged}
    ended = {merge.story for merge in merges}
    lines = [Transition(story.id, "emerged", tuple(gained[story.id])) for story in emerged]
    lines += [
        Transition(story.split_from, "split", tuple(gained[story.id]), story.id)
        for story in emerged
        if story.split_from
    ]
    lines += [
        Transition(key, "reopened" if key in revived else "grew", tuple(ids))
        for key, ids in gained.items()
        if key not in fresh
    ]
    returned: dict[tuple[str, str], list[ArticleId]] = {}
    for article, old, new in moves:
        if old and new in revived:
            returned.setdefault((old, new), []).append(article)
    lines += [Transition(old, "split", tuple(ids), new) for (old, new), ids in returned.items()]
    lines += [
        Transition(key, "shrank", tuple(ids)) for key, ids in lost.items() if key not in ended
    ]
    lines += [
        Transition(merge.story, "merged", tuple(lost[merge.story]), merge.into) for merge in merges
    ]
    return sorted(lines, key=lambda line: (line.story, line.kind, line.other or ""))


def _sorted(ids: Collection[ArticleId]) -> Members:
    return tuple(sorted(ids, key=id_key))
