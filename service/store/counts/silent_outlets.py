"""Active outlets without a report, for all stories of a list at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, column, func, select
from sqlalchemy.orm import Session

from service.store.database.arrays import array_parameter
from service.store.stories.surroundings import MARGIN, is_active, load_surroundings
from service.store.story_views.views import StoryView
from service.store.tables import ArticleRow, OutletRow, StoryRow


@dataclass(frozen=True, slots=True)
class SilentCount:
    """Number of active outlets around a story, and of those without a report.

    `examples` are slugs and names of outlets without a report: those that often report the same
    stories come first, then the others by name.
    """

    active: int
    silent: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Outlet:
    id: int
    slug: str
    name: str
    latest: datetime  #: time of its latest article


def count_silent_outlets(
    session: Session, stories: Sequence[StoryView], *, examples: int
) -> dict[str, SilentCount]:
    """Count the active outlets without a report of current stories, by story.

    See `surroundings.is_active`. Two statements, and one more if the time of a story is over: an
    outlet whose latest article is in that time needs no further lookup.
    """
    if not stories:
        return {}
    outlets = _load_outlets(session)
    past = _find_active_in_the_past(session, stories, outlets)
    often = load_surroundings(session, [each.id for each in stories])
    counts = {}
    for story in stories:
        reporting = {each.outlet.slug for each in story.reports}
        first, last = story.first_reported_at - MARGIN, story.last_reported_at + MARGIN
        silent = [
            each
            for each in outlets
            if each.slug not in reporting
            and each.latest >= first
            and (each.latest <= last or each.id in past[story.id])
        ]
        frequent = often[story.id].absent_outlets if story.id in often else ()
        shown = sorted(silent, key=lambda each: each.slug not in frequent)[:examples]
        counts[story.id] = SilentCount(
            active=len(silent) + len(reporting),
            silent=len(silent),
            examples=tuple((each.slug, each.name) for each in shown),
        )
    return counts


def _load_outlets(session: Session) -> list[_Outlet]:
    """The outlets with articles, by name."""
    latest = (
        select(func.max(ArticleRow.reported_at))
        .where(ArticleRow.outlet_id == OutletRow.id)
        .scalar_subquery()
        .label("latest")
    )
    columns = select(OutletRow.id, OutletRow.slug, OutletRow.name, latest)
    rows = session.execute(columns.order_by(OutletRow.name, OutletRow.slug))
    return [_Outlet(*row) for row in rows if row.latest]


def _find_active_in_the_past(
    session: Session, stories: Sequence[StoryView], outlets: Sequence[_Outlet]
) -> Mapping[str, set[int]]:
    """Ids of the active outlets of stories whose time ended before the latest article.

    One statement, with an index lookup for each of these stories and outlet.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    latest = max((each.latest for each in outlets), default=None)
    past = [each for each in stories if latest and each.last_reported_at + MARGIN < latest]
    if not past:
        return found
    times = StoryRow.first_reported_at.type
    listed = (
        func.unnest(
            array_parameter(Text(), [each.id for each in past]),
            array_parameter(times, [each.first_reported_at for each in past]),
            array_parameter(times, [each.last_reported_at for each in past]),
        )
        .table_valued(column("story", Text), column("first", times), column("last", times))
        .render_derived()
    )
    statement = (
        select(listed.c.story, func.array_agg(OutletRow.id))
        .join_from(listed, OutletRow, is_active(listed.c.first, listed.c.last))
        .group_by(listed.c.story)
    )
    for story, ids in session.execute(statement):
        found[story].update(ids)
    return found
