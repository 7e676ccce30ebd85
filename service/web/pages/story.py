"""Story page: `/stories/{id}`, and the same story as Markdown."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.stories.pace import is_developing
from service.errors import NotFoundError
from service.store.counts.missing_coverage import list_catalogued_outlets
from service.store.story_views import history, views
from service.store.story_views.reports import Member
from service.store.story_views.roundups import list_roundups
from service.store.story_views.unavailable import explain_unavailable
from service.web.api.stories.missing import MissingOut
from service.web.api.stories.stories import other_storyline_stories
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.rendering import links
from service.web.rendering.absent_outlets import list_absent_outlets
from service.web.rendering.independence import find_partners, uncounted_notes
from service.web.rendering.meta import story_meta
from service.web.rendering.pages import render_page
from service.web.rendering.reader_clock import ReaderClock, current_languages
from service.web.rendering.story_page.evidence import read_evidence
from service.web.rendering.story_page.headlines import compare_headlines
from service.web.rendering.story_page.history import Change, describe_history
from service.web.rendering.story_page.markdown import render_markdown
from service.web.rendering.story_page.reasons import find_reasons
from service.web.rendering.story_page.reports import ReportPage, page_reports
from service.web.rendering.story_page.silent_outlets import find_silent_outlets
from service.web.rendering.story_page.timeline import draw_growth, timeline_axis, timeline_rows
from service.web.requests import problems
from service.web.requests.parameters.types import AsOf, StoryId
from service.web.requests.reader import ReaderDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/stories/{story_id}.md")
def story_markdown(
    request: Request,
    session: ReadSession,
    story_id: StoryId,
    as_of: AsOf = None,
) -> Response:
    """The story with its reports as Markdown; times are UTC."""
    detail = views.get_story(session, story_id, as_of=as_of)
    if detail.story.state == "merged":
        survivor = history.find_survivor(session, story_id, as_of=as_of)
        return RedirectResponse(links.with_as_of(links.markdown_path(survivor), as_of), 308)
    url = str(request.base_url).rstrip("/") + links.story_path(story_id, detail.story.slug)
    text = render_markdown(detail.story, detail.members, url)
    return Response(text, media_type="text/markdown; charset=utf-8")


@router.get("/stories/{story_id}", response_model=None)
@router.get("/stories/{story_id}/{slug:path}", response_model=None)
def story_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    reader: ReaderDep,
    story_id: StoryId,
    *,
    as_of: AsOf = None,
    shown_type: Annotated[str, Query(alias="type")] = "",
    page: PageNumber = 1,
    merged: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Story page: reports by outlet first, then timeline, headlines, growth and history.

    `type` limits the reports to one type; unknown types are ignored. `merged` is the id of a merged
    story that redirected here.
    """
    try:
        detail = views.get_story(session, story_id, as_of=as_of)
    except NotFoundError:
        if not problems.expects_html(request):
            raise
        return _unavailable_story_page(session, web, story_id, as_of)
    story = detail.story
    if story.state == "merged":
        path = links.story_path(history.find_survivor(session, story_id, as_of=as_of))
        return RedirectResponse(links.with_query(path, as_of=as_of, merged=story.id), 308)
    meta = story_meta(request, story)
    story = story.in_languages(current_languages.get())
    shown = shown_type if shown_type in {each.type for each in story.reports} else ""
    members = [each for each in detail.members if not shown or each.report.type == shown]
    reports = page_reports(story, members, page)
    notes = uncounted_notes(story)
    response = render_page(
        web,
        "story.html",
        meta=meta,
        notice=_merge_notice(session, story.id, merged, as_of, reader.clock),
        clock=reader.clock,
        story=story,
        notes=notes,
        partners=find_partners(story, detail.members, notes),
        developing=not as_of and is_developing(story.details.pace, web.clock()),
        reports=reports,
        reasons=find_reasons(
            (entry.member for group in reports.groups for entry in group.entries), detail.members
        ),
        by_id={member.report.article_id: member.report for member in detail.members},
        report_links=_report_links(story, reports, shown, as_of),
        rows=timeline_rows(story, notes),
        axis=timeline_axis(story.reports, reader.clock),
        headlines=compare_headlines(story),
        growth=draw_growth(story.reports),
        path=_storyline_path(session, story, as_of),
        missing=None if as_of else MissingOut.load(session, story.id),
        **({"absent": [], "silent": None} if as_of else _load_absent(session, story)),
        **_changes_and_names(session, detail, as_of),
        roundups=list_roundups(session, story.id, as_of=as_of),
        shown_type=shown,
        feeds=_feed_links(story, shown, as_of),
        url=str(request.base_url).rstrip("/") + links.story_path(story.id, story.slug),
        as_of=as_of,
    )
    return reader.personalize(response)


def _unavailable_story_page(
    session: Session, web: WebContext, story_id: str, as_of: datetime | None
) -> Response:
    """Page with the reason why a story is not shown."""
    unavailable = explain_unavailable(session, story_id)
    return render_page(
        web,
        "unavailable_story.html",
        status=404,
        unavailable=unavailable,
        story_id=story_id,
        as_of=as_of,
    )


def _feed_links(story: views.StoryView, shown: str, as_of: datetime | None) -> list[links.FeedLink]:
    """Feeds of the story's reports with the filters of the page."""
    filters = {"type": shown} if shown else {}
    if as_of:
        filters["as_of"] = as_of.isoformat()
    return links.feed_links(f"{links.story_api_path(story.id)}/feed", filters)


def _changes_and_names(
    session: Session, detail: views.StoryDetail, as_of: Any
) -> Mapping[str, Any]:
    """The history of a story in words, and the names of all stories that the page mentions."""
    story = detail.story
    transitions = history.transitions_of(session, story.id, as_of=as_of).items
    mergers = history.list_mergers(session, story.id, as_of=as_of)
    changes = describe_history(story.id, [*transitions, *mergers])
    split_off = views.list_split_off_ids(session, story.id, as_of=as_of)
    mentioned = {
        *_list_mentioned_stories(detail.members, changes),
        story.split_from or story.id,
        *split_off,
    }
    names = views.story_names(session, mentioned)
    return {"changes": changes, "split_off": split_off, "names": names}


def _load_absent(session: Session, story: views.StoryView) -> dict[str, Any]:
    """Active outlets that do not report a story: all of them, and those that often would."""
    found = list_absent_outlets(session, [story]).get(story.id, [])
    catalogued = list_catalogued_outlets(session, story.first_reported_at, story.last_reported_at)
    silent = find_silent_outlets(story, catalogued, {slug for slug, _ in found})
    return {"absent": found, "silent": silent}


def _merge_notice(
    session: Session, story_id: str, merged: str, as_of: datetime | None, clock: ReaderClock
) -> str:
    """Sentence for readers who were redirected from a merged story; empty for all others."""
    at = history.find_merge_time(session, merged, story_id, as_of=as_of) if merged else None
    return f"The story that you opened was merged into this one {clock.since(at)}." if at else ""


def _report_links(
    story: views.StoryView, reports: ReportPage, shown_type: str, as_of: Any
) -> Mapping[int, str]:
    """The link to each report of the story, on this page or on another one."""
    path = links.story_path(story.id, story.slug)
    of_page = {
        page: ""
        if page == reports.number
        else links.with_query(path, as_of=as_of, page=str(page), **_type_of(shown_type))
        for page in set(reports.page_of.values())
    }
    return {key: f"{of_page[page]}#article-{key}" for key, page in reports.page_of.items()}


def _type_of(shown_type: str) -> dict[str, str]:
    return {"type": shown_type} if shown_type else {}


def _storyline_path(session: Session, story: views.StoryView, as_of: Any) -> list[views.StoryView]:
    """The stories of the storyline in order of time, with this one; empty for a single story."""
    languages = current_languages.get()
    found = other_storyline_stories(session, story, as_of=as_of)
    others = [each.in_languages(languages) for each in found]
    return sorted([story, *others], key=lambda each: each.first_reported_at) if others else []


def _list_mentioned_stories(members: Iterable[Member], changes: Iterable[Change]) -> Iterable[str]:
    """Ids of other stories in the evidence and the history."""
    for member in members:
        next_best = read_evidence(member.membership.evidence).next if member.membership else None
        if next_best:
            yield next_best.story
    for change in changes:
        if change.other_story_id:
            yield change.other_story_id
