"""Stories as the digest reads them."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.subscribers import digest_selection
from service.domain.subscribers.digest_model import DigestReport, SummarySentence, DigestStory
from service.store.story_views import reports
from service.store.story_views.filters import Sort, StoryFilter
from service.store.story_views.views import StoryView, list_stories


def digest_stories(session: Session, *, since: datetime, limit: int) -> list[DigestStory]:
    """The stories reported since a moment, the highest by rank; two statements."""
    return [
        story(view) for view in list_stories(session, StoryFilter(since=since), limit=limit).items
    ]


def changed_stories(
    session: Session, *, since: datetime, changed_since: datetime, limit: int
) -> list[DigestStory]:
    """The stories reported since a moment that changed since another one, the latest; two statements."""
    wanted = StoryFilter(since=since, changed_since=changed_since)
    return [
        story(view) for view in list_stories(session, wanted, sort=Sort.NEWEST, limit=limit).items
    ]


def story(view: StoryView) -> DigestStory:
    """A story that has members, as the digest reads it."""
    names = {report.outlet.slug: report.outlet.name for report in view.reports}
    details = view.details
    return DigestStory(
        id=view.id,
        slug=view.slug,
        headline=view.headline,
        speaker=view.headline_report.article_id if view.headline_report else None,
        storyline=view.storyline.id if view.storyline else None,
        rank=details.rank.total if details.rank else 0.0,
        pinned=view.pinned,
        changed_at=view.changed_at,
        told=digest_selection.told(
            view.headline, view.keywords, [each.name for each in details.entities]
        ),
        summary=tuple(
            SummarySentence(each.text, names.get(each.outlet, each.outlet)) for each in details.summary
        ),
        reports=tuple(map(_report, view.reports)),
        names=digest_selection.named(each.name for each in details.entities),
    )


def _report(found: reports.DigestReport) -> DigestReport:
    outlet = found.outlet
    return DigestReport(
        article=found.article_id,
        title=found.title,
        url=found.url,
        outlet=outlet.slug,
        name=outlet.name,
        country=outlet.country,
        family=outlet.family,
        language=found.language,
        at=found.reported_at,
        copy=found.copy,
    )
