"""Stories and decisions, told on a terminal."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from service.commands.running.times import format_time
from service.domain.stories import ranking
from service.store.editing.audit_log import Decision
from service.store.story_views.views import StoryView
from service.web.api.stories.details import EntitiesOut, QuoteOut
from service.domain.stories.transitions import TransitionOut
from service.web.api.stories.schemas import StoryDetailOut
from service.web.rendering.schemas import MemberOut


def line(story: StoryView, now: datetime | None = None) -> str:
    """A story in one line; given a moment, in a second one what its rank is of as seen then."""
    counts = f"{story.independent:>3} of {story.coverage:>3} outlets"
    marks = [name for name in ("pinned", "locked") if getattr(story, name)]
    marked = f"  [{', '.join(marks)}]" if marks else ""
    found = f"{story.id:12} {counts}  {format_time(story.first_reported_at)}  {story.headline}{marked}"
    return found if now is None else f"{found}\n{'':12} {_rank(story, now)}"


def story(found: StoryDetailOut) -> str:
    """A story with its articles and its history."""
    facts = f"{found.state}, {found.articles} articles, {found.independent} independent outlets"
    return "\n".join(
        [
            f"{found.id}  {found.headline}",
            facts,
            *_names(found.entities),
            *map(_quote, found.summary),
            "",
            *map(_member, found.members),
            "",
            *map(_transition, found.transitions),
        ]
    )


def decision(found: Decision) -> str:
    """A decision in one line, and how to undo it or who did."""
    others = f" {' '.join(found.other_story_ids)}" if found.other_story_ids else ""
    articles = f" articles {' '.join(map(str, found.article_ids))}" if found.article_ids else ""
    value = f" “{found.value}”" if found.value else ""
    why = f": {found.reason}" if found.reason else ""
    what = f"{found.action} {found.story_id or ''}{others}{articles}{value}"
    return f"{found.id}  {format_time(found.made_at)}  {found.made_by}  {what}{why}{_undone(found)}"


def facts(found: Decision) -> dict[str, Any]:
    """A decision for programs."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(found).items()
    }


def _rank(story: StoryView, now: datetime) -> str:
    parts = story.details.rank
    return f"rank {ranking.explain_rank(parts, now)}" if parts else "rank not known: not described yet"


def _quote(quote: QuoteOut) -> str:
    return f"“{quote.text}” {quote.outlet.name}"


def _names(found: EntitiesOut) -> list[str]:
    kinds = (
        ("people", found.people),
        ("places", found.places),
        ("organisations", found.organisations),
    )
    return [f"{kind}: {', '.join(each.name for each in names)}" for kind, names in kinds if names]


def _undone(found: Decision) -> str:
    if found.undone_at is None:
        return ""
    why = f": {found.undone_reason}" if found.undone_reason else ""
    return f"  [undone {format_time(found.undone_at)} by {found.undone_by}{why}]"


def _member(member: MemberOut) -> str:
    copy = "  [copy]" if member.copy_of else ""
    when = format_time(member.reported_at)
    return f"{member.id}  {when}  {member.outlet.name}: {member.title}{copy}"


def _transition(happened: TransitionOut) -> str:
    who = f"editor {happened.editor}" if happened.editor else happened.cause
    count = f" {len(happened.articles)} articles" if happened.articles else ""
    other = f" {happened.other_story}" if happened.other_story else ""
    return f"{format_time(happened.at)}  {happened.kind}{count}{other}  by {who}"
