"""History of a story in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.domain.stories.transitions import StoryTransition


@dataclass(frozen=True, slots=True)
class Change:
    """A change: a text, the other story that follows it, and the text after that."""

    at: datetime
    text: str
    other_story_id: str | None = None
    rest: str = ""
    editor: str = ""  #: empty unless an editor made the change


def describe_history(story_id: str, transitions: Iterable[StoryTransition]) -> list[Change]:
    """The changes of a story in order; consecutive growth by the jobs is one change.

    `transitions` are those of the story, and the transitions `merged` of stories merged into it.
    """
    changes: list[Change] = []
    run: list[StoryTransition] = []
    for transition in sorted(transitions, key=lambda each: each.id):
        if run and _continues(run[-1], transition):
            run.append(transition)
            changes[-1] = _grown(run)
            continue
        run = [transition]
        changes.append(_describe(story_id, transition))
    return changes


def _continues(last: StoryTransition, following: StoryTransition) -> bool:
    return last.kind == following.kind == "grew" and "editor" not in {last.cause, following.cause}


def _grown(run: list[StoryTransition]) -> Change:
    total = sum(len(each.article_ids) for each in run)
    return Change(run[-1].at, f"Grew by {_reports(total)} in {len(run)} steps")


def _describe(story_id: str, transition: StoryTransition) -> Change:
    count, other = _reports(len(transition.article_ids)), transition.other_story_id
    text, rest = {
        "emerged": (f"Began with {count}", ""),
        "grew": (f"Grew by {count}", ""),
        "shrank": (f"{count} left the story".capitalize(), ""),
        "merged": ("Merged into", ""),
        "split": ("Split:", "became a story of its own"),
        "closed": (_closed(transition), ""),
        "reopened": ("Reopened", ""),
        "renamed": ("The headline was changed", ""),
        "hidden": ("Hidden", ""),
        "shown": ("Shown again", ""),
    }[transition.kind]
    if transition.kind == "merged" and transition.story_id != story_id:
        text, other = "Two stories merged: this one and", transition.story_id
    if transition.kind not in {"merged", "split"}:
        other = None
    editor = (transition.editor or "an editor") if transition.cause == "editor" else ""
    return Change(transition.at, text, other, rest if other else "", editor)


def _closed(transition: StoryTransition) -> str:
    if transition.cause == "age":
        return "Closed, because no report had arrived for days"
    return "Closed, because no article was left"


def _reports(count: int) -> str:
    return f"{count} report{'' if count == 1 else 's'}"
