"""What an editor's decision does to stories at once, and what it asks of every later run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.articles.model import ArticleId, id_key
from service.domain.grouping.constraints import NONE, Constraints, star
from service.domain.grouping.lineage import (
    KnownStory,
    Membership,
    NewStory,
    Plan,
    Transition,
    plan_edit,
    story_id,
)
from service.errors import BadInputError

#: The largest number that an id can be.
MOST_ID = (1 << 63) - 1
#: Longest name of an editor, reason and headline that are taken, in characters.
NAME, REASON, HEADLINE = 100, 400, 400


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes to apply now, and the pairs that stay bound or parted."""

    plan: Plan
    constraints: Constraints = NONE


#: Articles stay where they are.
NOTHING = Edit(Plan())


def said(what: str, text: str, limit: int) -> str:
    """An editor's words in one line; BadInputError if they are too long or hold control characters."""
    line = text.strip()
    if len(line) > limit:
        raise BadInputError(f"the {what} has {len(line)} characters; at most {limit} are taken")
    if not line.isprintable():
        raise BadInputError(f"the {what} holds a character that cannot be shown; leave it out")
    return line


def headline_of(text: str) -> str:
    """An editor's headline in one line; BadInputError if there is none or it cannot be shown."""
    found = said("headline", text, HEADLINE)
    if not found:
        raise BadInputError("the headline is empty; to take one back, undo the decision")
    return found


def merging(stories: Sequence[KnownStory]) -> Edit:
    """All stories become the first of them; their articles stay together."""
    together = [article for story in stories for article in story.members]
    plan = plan_edit(stories, {stories[0].id: together})
    return Edit(plan, Constraints(must_link=star(together)))


def splitting(
    story: KnownStory, leaving: Collection[ArticleId], *, is_taken: Callable[[str], bool]
) -> Edit:
    """Some articles, not all, leave for a story of their own, stay together, and stay apart."""
    staying = story.members.difference(leaving)
    first = min(leaving, key=id_key)
    child = story_id(first, is_taken)
    plan = plan_edit(
        [story], {story.id: staying, child: leaving}, emerged=[NewStory(child, story.id)]
    )
    apart = frozenset((first, other) for other in staying)
    return Edit(plan, Constraints(star(leaving), apart))


def moving(article: ArticleId, source: KnownStory, target: KnownStory) -> Edit:
    """An article goes with another story's first article, and stays apart from those it leaves."""
    plan = plan_edit([source, target], {target.id: target.members | {article}})
    apart = frozenset((article, other) for other in source.members - {article})
    return Edit(plan, Constraints(star([article, min(target.members, key=id_key)]), apart))


def hiding(article: ArticleId, story: str | None) -> Edit:
    """An article belongs to no story any more."""
    if story is None:
        return NOTHING
    shrank = Transition(story, "shrank", (article,))
    return Edit(Plan(closed=(Membership(article, story),), transitions=(shrank,)))


def marked(action: str, *, article: bool, undone: bool = False) -> str | None:
    """What happens to a story when it, or an article of it, is marked so, or unmarked.

    None where readers see nothing of it, or where what happens is a matter of members.
    """
    match action, article:
        case "hide", False:
            return "shown" if undone else "hidden"
        case ("rename", _) | ("pin", True):
            return "renamed"
    return None


def returning(
    stories: Sequence[KnownStory],
    former: Mapping[Any, str],
    *,
    homes: Mapping[Any, str],
    constraints: Constraints,
    revived: Collection[str],
) -> Plan:
    """Articles go back to the stories that a decision, now undone, took them from.

    Those that left one story go together or not at all: not if a decision that stands binds one
    of them to where it is or parts it from where it would go. `homes` holds the present story of
    each article that is known, those that they are bound to or parted from among them.
    """
    wanted = {story.id: set(story.members) for story in stories}
    here = dict(homes)
    for story in sorted(set(former.values())):
        moved = here | {article: story for article, old in former.items() if old == story}
        if _holds(moved, constraints):
            here = moved
    for members in wanted.values():
        members.difference_update(former)
    for article in former:
        if article in here:
            wanted[here[article]].add(article)
    back = [story for story in revived if wanted[story]]
    left = [story for story in stories if story.members or story.id in back]
    return plan_edit(left, {key: ids for key, ids in wanted.items() if ids}, revived=back)


def _holds(home: Mapping[Any, str], constraints: Constraints) -> bool:
    """Whether bound articles are together and parted ones apart, as far as they are anywhere."""
    bonds, bars = (
        [(home[a], home[b]) for a, b in links if a in home and b in home]
        for links in (constraints.must_link, constraints.cannot_link)
    )
    return all(a == b for a, b in bonds) and all(a != b for a, b in bars)
