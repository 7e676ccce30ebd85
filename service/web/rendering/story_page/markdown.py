"""A story as Markdown (CommonMark), for notes and other programs; times are UTC."""

import re
from collections.abc import Iterator, Sequence

from service.domain.urls.links import external_url
from service.store.story_views.reports import Member
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import outlet_names
from service.web.rendering.utc_times import date_time, report_time

#: Characters with a meaning in CommonMark or in HTML.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&]|^[#+-]|^\d+(?=[.)]))")


def render_markdown(story: StoryView, members: Sequence[Member], url: str) -> str:
    """Headline, coverage, quotes, and all reports with links; `url` is the story's page."""
    return "\n".join(_lines(story, members, url)) + "\n"


def _lines(story: StoryView, members: Sequence[Member], url: str) -> Iterator[str]:
    names = outlet_names(story.reports)
    yield f"# {_escape(story.headline or 'Untitled')}"
    yield ""
    yield (
        f"{story.independent} independent of {story.coverage} outlets, {story.articles} reports, "
        f"{date_time(story.first_reported_at)} to {date_time(story.last_reported_at)} UTC. <{url}>"
    )
    for quote in story.details.summary:
        yield ""
        yield f"> {_escape(quote.text)} ({_escape(names.get(quote.outlet, quote.outlet))})"
    yield ""
    yield "## Reports"
    yield ""
    for member in members:
        report = member.report
        title = _escape(report.title or "Untitled")
        href = external_url(report.url).replace("<", "%3C").replace(">", "%3E")
        note = f" (copy of {_escape(member.original.outlet)})" if member.original else ""
        yield (
            f"- {report_time(report)}, {_escape(report.outlet.name)}: "
            f"{f'[{title}](<{href}>)' if href else title}{note}"
        )


def _escape(text: str) -> str:
    """Text in one line without markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
