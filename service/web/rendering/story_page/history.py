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


def describe_history(
    transitions: Iterable[StoryTransition], split_from: str | None
) -> list[Change]:
    """The changes in order; consecutive growth by the jobs is one change."""
    changes: list[Change] = []
    run: list[StoryTransition] = []
    for transition in transitions:
        if run and _continues(run[-1], transition):
            run.append(transition)
            changes[-1] = _grown(run)
            continue
        run = [transition]
        changes.append(_describe(transition, split_from))
    return changes


def _continues(last: StoryTransition, following: StoryTransition) -> bool:
    return last.kind == following.kind == "grew" and "editor" not in {last.cause, following.cause}


def _grown(run: list[StoryTransition]) -> Change:
    total = sum(len(each.article_ids) for each in run)
    return Change(run[-1].at, f"Grew by {_reports(total)} in {len(run)} steps")


def _describe(transition: StoryTransition, split_from: str | None) -> Change:
    count, other = _reports(len(transition.article_ids)), transition.other_story_id
    text, rest = {
        "emerged": (f"Began with {count}", ""),
        "grew": (f"Grew by {count}", ""),
        "shrank": (f"{count} left the story".capitalize(), ""),
        "merged": ("Two stories merged: this one and", ""),
        "split": ("Split from", "")
        if other == split_from
        else ("Split:", "became a story of its own"),
        "closed": ("Closed, because no report had arrived for days", ""),
        "reopened": ("Reopened", ""),
        "renamed": ("The headline was changed", ""),
        "hidden": ("Hidden", ""),
        "shown": ("Shown again", ""),
    }[transition.kind]
    if transition.kind not in {"merged", "split"}:
        other = None
    editor = (transition.editor or "an editor") if transition.cause == "editor" else ""
    return Change(transition.at, text, other, rest if other else "", editor)


def _reports(count: int) -> str:
    return f"{count} report{'' if count == 1 else 's'}"
