"""Items of story lists as plain dictionaries, because models would take most of the time.

A test compares them with `StoryOut`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from service.domain.stories.wording.title_parts import headline_text
from service.store.story_views.views import StoryView
from service.web.rendering import links
from service.web.rendering.display_names import distinct, outlet_names

_PARTS = ("articles", "timeline", "transitions", "related", "evidence")


def story_item(story: StoryView) -> dict[str, Any]:
    """The JSON of `StoryOut`."""
    return {
        "id": story.id,
        "slug": story.slug,
        "state": story.state,
        "headline": story.headline,
        "headline_article": _headline_article(story),
        "headlines": [] if story.renamed else list(_local_headlines(story)),
        "keywords": list(story.keywords),
        "coverage": story.coverage,
        "independent": story.independent,
        "articles": story.articles,
        "outlets": [
            {"slug": slug, "name": name} for slug, name in outlet_names(story.reports).items()
        ],
        "languages": distinct(report.language for report in story.reports),
        "first_reported_at": utc_text(story.first_reported_at),
        "last_reported_at": utc_text(story.last_reported_at),
        "emerged_at": utc_text(story.emerged_at),
        "changed_at": utc_text(story.changed_at),
        "pace": _pace(story),
        "rank": _rank(story),
        "storyline": {
            "id": story.storyline.id,
            "title": story.storyline.title,
            "url": links.storyline_api_path(story.storyline.id),
        }
        if story.storyline
        else None,
        "split_from": story.split_from,
        "pinned": story.pinned,
        "locked": story.locked,
        "renamed": story.renamed,
        "links": _links(story),
    }


def utc_text(at: datetime) -> str:
    """A time as in the JSON of models: ISO 8601 in UTC with a trailing Z."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _headline_article(story: StoryView) -> dict[str, Any] | None:
    report = story.headline_report
    if report is None:
        return None
    return {
        "id": report.article_id,
        "url": report.url,
        "language": report.language,
        "outlet": {"slug": report.outlet.slug, "name": report.outlet.name},
    }


def _local_headlines(story: StoryView) -> Iterable[dict[str, Any]]:
    titles = {report.article_id: report.title for report in story.reports}
    for each in story.details.headlines:
        if (key := int(each.article)) in titles:
            title = headline_text(titles[key], each.lang)
            yield {"language": each.lang, "title": title, "article": key}


def _pace(story: StoryView) -> dict[str, Any] | None:
    pace = story.details.pace
    if pace is None:
        return None
    return {
        "articles_per_hour": pace.articles_per_hour,
        "outlets_per_hour": pace.outlets_per_hour,
        "until": utc_text(pace.until),
        "peak_articles": pace.peak_articles,
        "peak_at": utc_text(pace.peak_at),
    }


def _rank(story: StoryView) -> dict[str, Any] | None:
    rank = story.details.rank
    if rank is None:
        return None
    return {
        "total": rank.total,
        "recency": rank.age,
        "coverage": rank.coverage,
        "velocity": rank.velocity,
    }


def _links(story: StoryView) -> dict[str, str]:
    api = links.story_api_path(story.id)
    parts = {part: f"{api}/{part}" for part in _PARTS}
    return {"self": api, "page": links.story_path(story.id, story.slug), **parts}
