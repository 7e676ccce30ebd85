"""HTML pages for stories, feeds and the glossary; no scripts."""

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ConfigDict, model_validator

from service.domain.stories.filters import Sort
from service.domain.stories.storyline_order import keep_storylines_together
from service.domain.stories.transitions import StoryTransition
from service.errors import NotFoundError
from service.store.catalogue import views as catalogue_views
from service.store.catalogue.choices import load_choices
from service.store.catalogue.views import FeedFilter
from service.store.story_views import history, views
from service.store.story_views.absence import explain_absence
from service.store.story_views.reports import Member
from service.store.story_views.roundups import list_roundups
from service.web.api.catalogue.feeds import FEED_CURSOR
from service.web.api.stories.query import StoryFeedQuery, StoryQuery, list_page
from service.web.api.stories.stories import other_storyline_stories
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.rendering import links
from service.web.rendering.evidence import read_evidence
from service.web.rendering.meta import page_meta, story_meta
from service.web.rendering.pages import render_page
from service.web.rendering.templates import date_time
from service.web.requests import problems
from service.web.requests.parameters import AsOf, CursorQuery, Limit, StoryId

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


class PageQuery(StoryQuery):
    """Query parameters of the API; empty and unknown ones are ignored, as forms send them."""

    model_config = ConfigDict(extra="ignore")

    limit: Limit = 30

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, fields: Any) -> Any:
        given = {
            name: [each for each in value if each] if isinstance(value, list) else value
            for name, value in dict(fields).items()
        }
        return {name: value for name, value in given.items() if value not in ("", [])}


@router.get("/")
def front_page(
    session: ReadSession, web: WebContextDep, query: Annotated[PageQuery, Query()]
) -> HTMLResponse:
    """Front page: the story list; by rank, the stories of one storyline stand together."""
    stories, next_cursor = list_page(session, query, after=query.cursor)
    if query.sort is Sort.RANK:
        stories = tuple(keep_storylines_together(stories, _storyline_group))
    parameters = query.model_dump(mode="json", exclude_defaults=True, exclude={"cursor"})
    return _render_page(
        web,
        "front.html",
        stories=stories,
        query=query,
        choices=load_choices(session),
        feeds=links.feed_links("/v1/stories/feed", _feed_parameters(query)),
        has_filters=bool(parameters.keys() - {"sort", "limit"}),
        first_page_url=_front_page_url(parameters) if query.cursor else "",
        next_page_url=_front_page_url(parameters | {"cursor": next_cursor}) if next_cursor else "",
    )


@router.get("/stories")
def stories_address(request: Request) -> RedirectResponse:
    """Redirect the address of the list to the front page, with its filters."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", 308)


@router.get("/stories/{story_id}", response_model=None)
@router.get("/stories/{story_id}/{slug}", response_model=None)
def story_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    story_id: StoryId,
    *,
    as_of: AsOf = None,
    shown_type: Annotated[str, Query(alias="type")] = "",
    merged: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse | RedirectResponse:
    """Story page: reports in chronological order, undated ones last, with the evidence for each.

    `type` limits the list to articles of one type; unknown types are ignored. `merged` is the id of
    a merged story that redirected here.
    """
    try:
        detail = views.get_story(session, story_id, as_of=as_of)
    except NotFoundError:
        if not problems.expects_html(request):
            raise
        return render_page(
            web,
            "absent_story.html",
            status=404,
            absence=explain_absence(session, story_id),
            story_id=story_id,
            as_of=as_of,
        )
    story = detail.story
    if story.state == "merged":
        survivor = history.find_survivor(session, story_id, as_of=as_of)
        path = links.story_path(survivor)
        return RedirectResponse(links.with_query(path, as_of=as_of, merged=story.id), 308)
    shown = shown_type if shown_type in {each.type for each in story.reports} else ""
    transitions = history.transitions_of(session, story_id, as_of=as_of).items
    split_off = views.list_split_off_ids(session, story_id, as_of=as_of)
    mentioned = {
        *_list_mentioned_stories(detail.members, transitions),
        story.split_from or story.id,
        *split_off,
    }
    return render_page(
        web,
        "story.html",
        meta=story_meta(request, story),
        notice=_merge_notice(transitions, merged),
        story=story,
        members=detail.members,
        by_id={member.report.article_id: member.report for member in detail.members},
        transitions=transitions,
        related=other_storyline_stories(session, story, as_of=as_of),
        names=views.story_names(session, mentioned),
        split_off=split_off,
        roundups=list_roundups(session, story.id, as_of=as_of),
        shown_type=shown,
        feeds=links.feed_links(
            f"{links.story_api_path(story.id)}/feed",
            ({"type": shown} if shown else {}) | ({"as_of": as_of.isoformat()} if as_of else {}),
        ),
        as_of=as_of,
    )


@router.get("/feeds")
def feeds_page(
    session: ReadSession,
    web: WebContextDep,
    *,
    failing: Annotated[bool | None, Query()] = None,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Feed list with fetch status."""
    after = FEED_CURSOR.decode(cursor)
    page = catalogue_views.list_feeds(session, FeedFilter(failing=failing), after=after)
    next_cursor = FEED_CURSOR.encode(page.next)
    filters = {"failing": "true"} if failing else {}
    return _render_page(
        web,
        "feeds.html",
        feeds=page.items,
        counts=catalogue_views.load_feed_counts(session),
        failing=failing,
        first_page_url="/feeds" if cursor else "",
        next_page_url=f"/feeds?{urlencode({**filters, 'cursor': next_cursor})}"
        if next_cursor
        else "",
    )


@router.get("/about")
def about_page(request: Request, web: WebContextDep) -> HTMLResponse:
    """Glossary of the terms on the pages."""
    description = "The terms on these pages: coverage, copies, storylines, first reports and more."
    meta = page_meta(request, "/about", "Glossary", description)
    return render_page(web, "about.html", meta=meta)


def _storyline_group(story: views.StoryView) -> tuple[bool, str] | None:
    """Stories that stand together; pinned ones stay in front of the others."""
    return (story.pinned, story.storyline.id) if story.storyline else None


def _feed_parameters(query: PageQuery) -> dict[str, Any]:
    """Parameters of the feed with the stories of the first page."""
    names = set(StoryFeedQuery.model_fields)
    given = query.model_dump(mode="json", exclude_defaults=True, include=names)
    return given | {"limit": query.limit}


def _front_page_url(parameters: dict[str, Any]) -> str:
    return f"/?{urlencode(parameters, doseq=True)}"


def _render_page(web: WebContext, template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(web.templates.get_template(template).render(now=web.clock(), **values))


def _merge_notice(transitions: Iterable[StoryTransition], merged: str) -> str:
    """Sentence for readers whom a merged story redirected here; empty for all others."""
    merge = next((each for each in transitions if merged and each.other_story_id == merged), None)
    if merge is None:
        return ""
    return f"The story that you opened was merged into this one on {date_time(merge.at)} UTC."


def _list_mentioned_stories(
    members: Iterable[Member], transitions: Iterable[StoryTransition]
) -> Iterable[str]:
    """Ids of other stories in the evidence and the transitions."""
    for member in members:
        next_best = read_evidence(member.membership.evidence).next if member.membership else None
        if next_best:
            yield next_best.story
    for transition in transitions:
        if transition.other_story_id:
            yield transition.other_story_id
