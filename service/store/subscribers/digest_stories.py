"""Stories for the digest and for alerts, converted from story views."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Field, between_times
from service.domain.stories.description import Details
from service.domain.stories.filters import Sort
from service.domain.subscribers.digests.stories import (
    DigestReport,
    DigestStory,
    MembershipPeriod,
    SummarySentence,
)
from service.store.database.arrays import equals_any
from service.store.story_views import reports
from service.store.story_views.storylines import count_storyline_families
from service.store.story_views.views import StoryView, list_stories
from service.store.tables import ArticleRow, MembershipRow

#: The widest stories are loaded too, this share of the limit: in a long period the newest stories
#: would displace them.
_WIDEST_SHARE = 1 / 4
#: Characters of a body in the search index (migration 0035).
MAX_BODY = 10_000


def load_digest_stories(session: Session, *, since: datetime, limit: int) -> list[DigestStory]:
    """Stories with a report since `since`: those of the highest rank, then the widest others.

    `limit` applies to the former. Five statements.
    """
    query = between_times(Field.REPORTED, since)
    ranked = list_stories(session, query, limit=limit).items
    count = int(limit * _WIDEST_SHARE)
    widest = list_stories(session, query, sort=Sort.LARGEST, limit=count).items
    views = list({each.id: each for each in (*ranked, *widest)}.values())
    storylines = {each.storyline.id for each in views if each.storyline}
    families = count_storyline_families(session, storylines)
    stories = map(to_digest_story, views)
    return [
        replace(each, storyline_families=families.get(each.storyline or "", 0)) for each in stories
    ]


def load_changed_stories(
    session: Session, *, since: datetime, changed_since: datetime, limit: int
) -> list[DigestStory]:
    """Stories that changed at `changed_since` or later and have a report of `since` or later.

    A report counts by its date or by its arrival, whichever is later. The newest come first, with
    their memberships. Runs three statements.
    """
    query = between_times(Field.CHANGED, changed_since)
    views = list_stories(session, query, sort=Sort.NEWEST, limit=limit).items
    memberships = _load_memberships(session, [r.article_id for v in views for r in v.reports])
    stories = [
        replace(
            to_digest_story(view),
            memberships=tuple(
                period
                for report in view.reports
                for period in memberships.get(report.article_id, ())
            ),
        )
        for view in views
    ]
    return [each for each in stories if max(each.learned_at, each.latest) >= since]


def add_texts(session: Session, stories: Sequence[DigestStory]) -> list[DigestStory]:
    """Add the texts of the reports, as the search index has them; one statement."""
    ids = [report.article for story in stories for report in story.reports]
    row = ArticleRow
    columns = (row.id, row.title, row.text, func.left(row.body, MAX_BODY))
    texts = {
        key: "\n".join(filter(None, parts))
        for key, *parts in session.execute(select(*columns).where(equals_any(row.id, ids)))
    }
    return [
        replace(
            story,
            reports=tuple(
                replace(each, text=texts.get(each.article, each.title)) for each in story.reports
            ),
        )
        for story in stories
    ]


def _load_memberships(
    session: Session, articles: Collection[int]
) -> dict[int, list[MembershipPeriod]]:
    row = MembershipRow
    columns = (row.article_id, row.story_id, row.valid_from, row.valid_until)
    periods: dict[int, list[MembershipPeriod]] = defaultdict(list)
    for values in session.execute(select(*columns).where(equals_any(row.article_id, articles))):
        periods[values[0]].append(MembershipPeriod(*values))
    return periods


def to_digest_story(view: StoryView) -> DigestStory:
    """Convert a story view with at least one report."""
    outlet_names = {report.outlet.slug: report.outlet.name for report in view.reports}
    timed = {each.article_id for each in view.reports if each.published and not each.day_only}
    details = view.details
    return DigestStory(
        id=view.id,
        slug=view.slug,
        headline=view.headline,
        state=view.state,
        headline_article=view.headline_report.article_id if view.headline_report else None,
        storyline=view.storyline.id if view.storyline else None,
        rank=details.rank.total if details.rank else 0.0,
        pinned=view.pinned,
        changed_at=view.changed_at,
        summary=tuple(
            SummarySentence(
                each.text,
                outlet_names.get(each.outlet, each.outlet),
                each.lang or None,
                each.at if int(each.article) in timed else None,
                is_local,
            )
            for is_local, quotes in ((False, details.summary), (True, details.local_summary))
            for each in quotes
        ),
        reports=tuple(_digest_report(each, details) for each in view.reports),
        keywords=view.keywords,
        names=tuple(each.name for each in details.entities),
        local_headlines=frozenset(int(each.article) for each in details.headlines),
    )


def _digest_report(report: reports.Report, details: Details) -> DigestReport:
    outlet = report.outlet
    return DigestReport(
        article=report.article_id,
        title=report.title,
        url=report.url,
        outlet=outlet.slug,
        name=outlet.name,
        country=outlet.country,
        family=details.source_of(report.article_id, outlet.family),
        language=report.language,
        at=report.reported_at,
        copy=report.copy,
        type=report.type,
        dated=report.published is not None,
        day=report.published if report.day_only else None,
        outlet_family=outlet.family,
        agency=next(
            (each.slug for each in details.agencies if report.article_id in each.articles), ""
        ),
    )
