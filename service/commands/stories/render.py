"""Text rendering of stories and decisions for the terminal."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from service.commands.running.times import format_time
from service.domain.articles.article_types import ArticleType
from service.domain.stories.ranking import explain_rank
from service.domain.stories.transitions import TransitionOut
from service.store.editing.audit_log import Decision
from service.store.story_views.views import StoryView
from service.web.api.stories.details import QuoteOut
from service.web.api.stories.schemas import StoryDetailOut
from service.web.rendering.article_schemas import MemberOut


def format_story_line(story: StoryView, now: datetime | None = None) -> str:
    """A story in one line; with `now`, a second line explains its rank at that time."""
    counts = f"{story.independent:>3} of {story.coverage:>3} outlets"
    marks = [name for name in ("pinned", "locked") if getattr(story, name)]
    marks += [] if story.dated else ["no date"]
    suffix = f"  [{', '.join(marks)}]" if marks else ""
    first = format_time(story.first_reported_at)
    line = f"{story.id:12} {counts}  {first}  {story.headline}{suffix}"
    if now is None:
        return line
    rank = story.details.rank
    explanation = explain_rank(rank, now) if rank else "unknown: not described yet"
    return f"{line}\n{'':12} rank {explanation}"


def format_story_detail(story: StoryDetailOut) -> str:
    """A story with its entities, summary, articles and transitions."""
    counts = f"{story.articles} articles, {story.independent} independent outlets"
    entities = (
        ("people", story.entities.people),
        ("places", story.entities.places),
        ("organisations", story.entities.organisations),
    )
    return "\n".join(
        [
            f"{story.id}  {story.headline}",
            f"{story.state}, {counts}",
            *(
                f"{kind}: {', '.join(each.name for each in some)}"
                for kind, some in entities
                if some
            ),
            *(f"text of {each.name}: {len(each.articles)} articles" for each in story.agencies),
            *map(_format_quote, story.summary),
            "",
            *map(_format_member, story.members),
            "",
            *map(_format_transition, story.transitions),
        ]
    )


def _format_quote(quote: QuoteOut) -> str:
    at = f", {format_time(quote.at)}" if quote.at else ""
    return f"“{quote.text}” {quote.outlet.name}{at}"


def format_decision(entry: Decision) -> str:
    """A decision in one line, with its undo if there was one."""
    others = f" {' '.join(entry.other_story_ids)}" if entry.other_story_ids else ""
    articles = f" articles {' '.join(map(str, entry.article_ids))}" if entry.article_ids else ""
    value = f" “{entry.value}”" if entry.value else ""
    reason = f": {entry.reason}" if entry.reason else ""
    what = f"{entry.action} {entry.story_id or ''}{others}{articles}{value}"
    line = f"{entry.id}  {format_time(entry.made_at)}  {entry.made_by}  {what}{reason}"
    if entry.undone_at is None:
        return line
    undo_reason = f": {entry.undone_reason}" if entry.undone_reason else ""
    return f"{line}  [undone {format_time(entry.undone_at)} by {entry.undone_by}{undo_reason}]"


def decision_dict(entry: Decision) -> dict[str, Any]:
    """A decision as a JSON object."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(entry).items()
    }


def _format_member(member: MemberOut) -> str:
    copy = "  [copy]" if member.copy_of else ""
    kind = "" if member.type is ArticleType.REPORT else f"  [{member.type}]"
    when = format_time(member.reported_at)
    precision = "" if member.date_precision == "minute" else "  [no time]"
    if member.published is None:
        precision = "  [no date]"
    return f"{member.id}  {when}  {member.outlet.name}: {member.title}{kind}{copy}{precision}"


def _format_transition(transition: TransitionOut) -> str:
    cause = f"editor {transition.editor}" if transition.editor else transition.cause
    count = f" {len(transition.articles)} articles" if transition.articles else ""
    other = f" {transition.other_story}" if transition.other_story else ""
    return f"{format_time(transition.at)}  {transition.kind}{count}{other}  by {cause}"
