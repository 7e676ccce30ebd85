"""Story lineage: matches existing stories with new groups and plans the changes."""

from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from service.domain.articles.model import ArticleId, id_key
from service.domain.grouping.story_changes import (
    ExistingStory,
    Members,
    Membership,
    NewStory,
    Plan,
    StoryMerge,
    Transition,
)

#: A story continues in a group only if no rival has over this many times as many articles there.
_SIZE_RATIO = 2


@dataclass(frozen=True, slots=True)
class _Move:
    """An article that changes story; `old` is None if it had none."""

    article: ArticleId
    old: str | None
    new: str


def story_id(founder: ArticleId, is_taken: Callable[[str], bool]) -> str:
    """A short, opaque, URL-safe id derived from the first article; another one if it is taken."""
    salt = 0
    while True:
        digest = blake2b(repr((founder, salt)).encode(), digest_size=7).digest()
        candidate = b32encode(digest).decode().lower()[:10]
        if not is_taken(candidate):
            return candidate
        salt += 1


def plan_update(
    existing: Iterable[ExistingStory],
    groups: Iterable[Collection[ArticleId]],
    *,
    is_taken: Callable[[str], bool] = lambda _: False,
) -> Plan:
    """Match stories with groups by shared articles, and plan the changes.

    Each story continues in the group that contains most of its articles. If several stories would
    continue in one group, one of them does: the oldest story that has at least half as many
    articles there as the story with the most. The others are matched with the remaining groups. A
    group without a story becomes a new story. A story that loses all articles is merged into the
    story that gets most of them. Articles in no group stay where they are. The order of the input
    does not matter, and planning again after the plan is applied returns an empty plan.

    `is_taken` reports ids that are in use by stories not in `existing`.
    """
    stories = sorted(existing, key=lambda story: (story.emerged, story.id))
    sorted_groups = sorted(
        (_sort(group) for group in groups if group), key=lambda ids: id_key(ids[0])
    )
    story_of = {article: story.id for story in stories for article in story.members}
    overlaps = [Counter(story_of[key] for key in ids if key in story_of) for ids in sorted_groups]
    claimed = _assign_groups([story.id for story in stories], overlaps)
    taken = {story.id for story in stories}
    names, emerged = [], []
    for number, ids in enumerate(sorted_groups):
        name = claimed.get(number)
        if name is None:
            name = story_id(ids[0], lambda key: key in taken or is_taken(key))
            taken.add(name)
            emerged.append(NewStory(name, _parent(overlaps[number], stories)))
        names.append(name)
    return _plan(stories, dict(zip(names, sorted_groups, strict=True)), story_of, emerged)


def plan_edit(
    existing: Iterable[ExistingStory],
    target: Mapping[str, Collection[ArticleId]],
    *,
    emerged: Sequence[NewStory] = (),
    revived: Collection[str] = (),
) -> Plan:
    """Plan an editor's change of some stories: `target` has the articles of each, by story id.

    `emerged` are the new stories of `target`. `revived` are the merged stories of `target` that the
    edit restores. As in `plan_update`, a story that loses all articles is merged into the story
    that gets most of them.
    """
    stories = sorted(existing, key=lambda story: (story.emerged, story.id))
    story_of = {article: story.id for story in stories for article in story.members}
    members = {name: _sort(ids) for name, ids in target.items()}
    return _plan(stories, members, story_of, emerged, revived)


def plan_removal(story_of: Mapping[Any, str]) -> Plan:
    """Plan that these articles leave their stories; they belong to none afterwards."""
    left: dict[str, list[ArticleId]] = {}
    for article in _sort(story_of):
        left.setdefault(story_of[article], []).append(article)
    return Plan(
        ended=tuple(Membership(article, story_of[article]) for article in _sort(story_of)),
        transitions=tuple(
            Transition(story, "shrank", tuple(left[story])) for story in sorted(left)
        ),
    )


def _assign_groups(stories: Sequence[str], overlaps: Sequence[Counter[str]]) -> dict[int, str]:
    """The story that continues in each group; `stories` are sorted oldest first."""
    assigned: dict[int, str] = {}
    unmatched = list(stories)
    while True:
        matches = _match_round(unmatched, overlaps, assigned)
        if not matches:
            return assigned
        assigned.update(matches)
        matched = set(matches.values())
        unmatched = [story for story in unmatched if story not in matched]


def _match_round(
    stories: Sequence[str], overlaps: Sequence[Counter[str]], assigned: Mapping[int, str]
) -> dict[int, str]:
    """Match each story with the free group that contains most of its articles.

    If several stories match one group, the rule of `plan_update` selects one.
    """
    best: dict[str, tuple[int, int]] = {}
    for number, overlap in enumerate(overlaps):
        if number in assigned:
            continue
        for story, shared in overlap.items():
            best[story] = max(best.get(story, (0, 0)), (shared, -number))
    rivals_of: dict[int, list[str]] = {}
    for story in stories:
        if story in best:
            rivals_of.setdefault(-best[story][1], []).append(story)
    matches = {}
    for number, rivals in rivals_of.items():
        overlap = overlaps[number]
        most = max(overlap[story] for story in rivals)
        matches[number] = next(story for story in rivals if overlap[story] * _SIZE_RATIO >= most)
    return matches


def _parent(overlap: Counter[str], stories: Sequence[ExistingStory]) -> str | None:
    """The story that most articles of a new story come from; the oldest wins a tie."""
    if not overlap:
        return None
    most = max(overlap.values())
    return next(story.id for story in stories if overlap[story.id] == most)


def _plan(
    stories: Sequence[ExistingStory],
    target: Mapping[str, Members],
    story_of: Mapping[ArticleId, str],
    emerged: Sequence[NewStory],
    revived: Collection[str] = (),
) -> Plan:
    moves = sorted(
        (
            _Move(article, story_of.get(article), name)
            for name, ids in target.items()
            for article in ids
            if story_of.get(article) != name
        ),
        key=lambda move: id_key(move.article),
    )
    merges = _merges(stories, moves)
    return Plan(
        emerged=tuple(emerged),
        ended=tuple(Membership(move.article, move.old) for move in moves if move.old),
        started=tuple(Membership(move.article, move.new) for move in moves),
        merged=tuple(merges),
        revived=tuple(sorted(revived)),
        transitions=tuple(_transitions(moves, emerged, merges, revived)),
    )


def _merges(stories: Sequence[ExistingStory], moves: Sequence[_Move]) -> list[StoryMerge]:
    """Stories that every article leaves, each with the story that gets most of them."""
    gained = Counter(move.new for move in moves)
    leaving: dict[str, Counter[str]] = {}
    for move in moves:
        if move.old:
            leaving.setdefault(move.old, Counter())[move.new] += 1
    merges = []
    for story in stories:
        targets = leaving.get(story.id, Counter())
        if story.members and targets.total() == len(story.members) and not gained[story.id]:
            most = max(targets.values())
            merges.append(
                StoryMerge(story.id, min(name for name in targets if targets[name] == most))
            )
    return merges


def _transitions(
    moves: Sequence[_Move],
    emerged: Sequence[NewStory],
    merges: Sequence[StoryMerge],
    revived: Collection[str],
) -> list[Transition]:
    """The transitions of all changed stories, sorted."""
    gained: dict[str, list[ArticleId]] = {}
    lost: dict[str, list[ArticleId]] = {}
    returned: dict[tuple[str, str], list[ArticleId]] = {}
    for move in moves:
        gained.setdefault(move.new, []).append(move.article)
        if move.old:
            lost.setdefault(move.old, []).append(move.article)
            if move.new in revived:
                returned.setdefault((move.old, move.new), []).append(move.article)
    created = {story.id for story in emerged}
    ended = {merge.story for merge in merges}
    transitions = [Transition(story.id, "emerged", tuple(gained[story.id])) for story in emerged]
    transitions += [
        Transition(story.split_from, "split", tuple(gained[story.id]), story.id)
        for story in emerged
        if story.split_from
    ]
    transitions += [
        Transition(key, "reopened" if key in revived else "grew", tuple(ids))
        for key, ids in gained.items()
        if key not in created
    ]
    transitions += [
        Transition(old, "split", tuple(ids), new) for (old, new), ids in returned.items()
    ]
    transitions += [
        Transition(key, "shrank", tuple(ids)) for key, ids in lost.items() if key not in ended
    ]
    transitions += [
        Transition(merge.story, "merged", tuple(lost[merge.story]), merge.into) for merge in merges
    ]
    return sorted(transitions, key=lambda each: (each.story, each.kind, each.other or ""))


def _sort(ids: Collection[ArticleId]) -> Members:
    return tuple(sorted(ids, key=id_key))
