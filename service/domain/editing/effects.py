"""Effects of an editor's decision: changes to apply now and constraints on every later run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.articles.model import ArticleId, id_key
from service.domain.grouping.constraints import NO_CONSTRAINTS, Constraints, star_links
from service.domain.grouping.lineage import plan_edit, plan_removal, story_id
from service.domain.grouping.story_changes import ExistingStory, NewStory, Plan
from service.errors import BadInputError

#: Largest id of an article or decision (bigint).
MAX_ID = (1 << 63) - 1
#: Maximum length of an editor's name, reason and headline, in characters.
MAX_NAME_LENGTH, MAX_REASON_LENGTH, MAX_HEADLINE_LENGTH = 100, 400, 400


@dataclass(frozen=True, slots=True)
class StoryEdit:
    """Changes to apply now, and constraints on pairs of articles for later runs."""

    plan: Plan
    constraints: Constraints = NO_CONSTRAINTS


#: An edit that moves no articles.
NO_EDIT = StoryEdit(Plan())


def clean_line(what: str, text: str, max_length: int) -> str:
    """An editor's text without surrounding spaces; `what` names the field in error messages.

    Raises:
        BadInputError: the text is too long or contains control characters or line breaks.
    """
    line = text.strip()
    if len(line) > max_length:
        raise BadInputError(
            f"Invalid {what}: {len(line)} characters, the maximum is {max_length}; shorten it"
        )
    if not line.isprintable():
        raise BadInputError(
            f"Invalid {what} {line[:40]!r}: remove control characters and line breaks"
        )
    return line


def clean_headline(text: str) -> str:
    """An editor's headline without surrounding spaces.

    Raises:
        BadInputError: the headline is empty, too long or contains control characters.
    """
    line = clean_line("headline", text, MAX_HEADLINE_LENGTH)
    if not line:
        raise BadInputError("Invalid headline: empty; to remove a headline, undo its decision")
    return line


def plan_merge(stories: Sequence[ExistingStory]) -> StoryEdit:
    """Merge all stories into the first one and link all their articles."""
    together = [article for story in stories for article in story.members]
    plan = plan_edit(stories, {stories[0].id: together})
    return StoryEdit(plan, Constraints(must_link=star_links(together)))


def plan_split(
    story: ExistingStory, leaving: Collection[ArticleId], *, is_taken: Callable[[str], bool]
) -> StoryEdit:
    """Move some articles, not all, to a new story; link them and separate them from the rest."""
    staying = story.members.difference(leaving)
    first = min(leaving, key=id_key)
    child = story_id(first, is_taken)
    plan = plan_edit(
        [story], {story.id: staying, child: leaving}, emerged=[NewStory(child, story.id)]
    )
    apart = frozenset((first, other) for other in staying)
    return StoryEdit(plan, Constraints(star_links(leaving), apart))


def plan_move(article: ArticleId, source: ExistingStory, target: ExistingStory) -> StoryEdit:
    """Move an article: link it to the target's first article, separate it from the source's."""
    plan = plan_edit([source, target], {target.id: target.members | {article}})
    apart = frozenset((article, other) for other in source.members - {article})
    return StoryEdit(
        plan, Constraints(star_links([article, min(target.members, key=id_key)]), apart)
    )


def plan_hide(article: ArticleId, story: str | None) -> StoryEdit:
    """Remove an article from its story, if it has one."""
    return NO_EDIT if story is None else StoryEdit(plan_removal({article: story}))


def mark_transition(action: str, *, article: bool, undone: bool = False) -> str | None:
    """Transition kind of a story when it, or one of its articles, is marked or unmarked.

    None if the mark is invisible to readers, or if the plan records the transition.
    """
    match action, article:
        case "hide", False:
            return "shown" if undone else "hidden"
        case ("rename", _) | ("pin", True):
            return "renamed"
    return None


def plan_undo(
    stories: Sequence[ExistingStory],
    former: Mapping[Any, str],
    *,
    story_of: Mapping[Any, str],
    constraints: Constraints,
    revived: Collection[str],
) -> Plan:
    """Move articles back to their `former` stories after a decision was undone.

    All articles that left the same story move back together. If an active constraint forbids
    that, all of them stay. `story_of` holds the current story of these articles and of all other
    articles in the constraints. `revived` are merged stories that become stories again if an
    article moves back to them.
    """
    target = dict(story_of)
    for story in sorted(set(former.values())):
        moved = target | {article: story for article, old in former.items() if old == story}
        if _satisfies(moved, constraints):
            target = moved
    members = {story.id: story.members.difference(former) for story in stories}
    for article in former:
        if article in target:
            members[target[article]] |= {article}
    back = [story for story in revived if members[story]]
    remaining = [story for story in stories if story.members or story.id in back]
    groups = {story: ids for story, ids in members.items() if ids}
    return plan_edit(remaining, groups, revived=back)


def _satisfies(story_of: Mapping[Any, str], constraints: Constraints) -> bool:
    """Whether stories respect all constraints between articles that are in a story."""
    together, apart = (
        [(story_of[a], story_of[b]) for a, b in links if a in story_of and b in story_of]
        for links in (constraints.must_link, constraints.cannot_link)
    )
    return all(a == b for a, b in together) and all(a != b for a, b in apart)
