"""Items of an article export: those of the list, without evidence.

They are plain dictionaries, because models and their validation would take most of the time.
"""

from datetime import datetime
from typing import Any

from service.store.articles.views import ArticleDetail
from service.store.story_views.reports import OutletInfo
from service.web.rendering import links
from service.web.rendering.display_names import excerpt
from service.web.rendering.story_items import utc_text


def article_item(article: ArticleDetail) -> dict[str, Any]:
    """The JSON of `ArticleDetailOut` without the field `evidence`."""
    member, story = article.member, article.story
    report, original, membership = member.report, member.original, member.membership
    return {
        "id": report.article_id,
        "title": report.title,
        "excerpt": excerpt(member.lead),
        "url": report.url,
        "type": report.type.value,
        "outlet": _outlet(report.outlet),
        "language": report.language,
        "author": member.author,
        "published": _time(report.published),
        "date_precision": report.date_precision if report.published else None,
        "claimed_date": _time(member.claimed_date),
        "date_flag": member.date_flag,
        "first_seen": _time(member.first_seen),
        "reported_at": _time(report.reported_at),
        "revision": member.revision,
        "copy_of": original.article_id if original else None,
        "copy_share": original.share if original else None,
        "joined_at": _time(membership.since) if membership else None,
        "score": membership.score if membership else None,
        "feed": article.feed_id,
        "story": {
            "id": story.id,
            "headline": story.headline,
            "url": links.story_api_path(story.id),
        }
        if story
        else None,
    }


def _outlet(outlet: OutletInfo) -> dict[str, Any]:
    return {
        "slug": outlet.slug,
        "name": outlet.name,
        "country": outlet.country,
        "family": outlet.family,
        "language": outlet.language,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)
