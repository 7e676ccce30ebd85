"""Pages for people: plain HTML that needs no script."""

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ConfigDict, model_validator

from service.store.catalogue import views as catalogue_views
from service.store.catalogue.views import FeedFilter
from service.store.story_views import history, storylines, views
from service.store.story_views.history import Transition
from service.store.story_views.reports import Member
from service.web.api.catalogue.feeds import FEED_CURSOR
from service.web.api.stories.query import StoryQuery, list_page
from service.web.api.stories.stories import related_to
from service.web.dependencies import Context, ReadSession, Web
from service.web.rendering import links
from service.web.rendering.evidence import read_evidence
from service.web.requests.parameters import AsOf, CursorQuery, Limit, StoryId, StorylineId

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


class PageQuery(StoryQuery):
    """As in the API, but a form may leave fields empty, and other words in the address do no harm."""

    model_config = ConfigDict(extra="ignore")

    limit: Limit = 30

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, fields: Any) -> Any:
        return {name: value for name, value in dict(fields).items() if value not in ("", [""])}


@router.get("/")
def front(session: ReadSession, web: Context, query: Annotated[PageQuery, Query()]) -> HTMLResponse:
    """Today's stories."""
    found, after = list_page(session, query, after=query.cursor)
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"cursor"})
    return _page(
        web,
        "front.html",
        stories=found,
        query=query,
        languages=catalogue_views.languages(session),
        narrowed=bool(asked.keys() - {"sort", "limit"}),
        first=f"/?{urlencode(asked, doseq=True)}" if query.cursor else "",
        following=f"/?{urlencode(asked | {'cursor': after}, doseq=True)}" if after else "",
    )


@router.get("/stories/{story_id}", response_model=None)
@router.get("/stories/{story_id}/{slug}", response_model=None)
def story_page(
    session: ReadSession, web: Context, story_id: StoryId, as_of: AsOf = None
) -> HTMLResponse | RedirectResponse:
    """One story: who reported what and when, and why each report is here."""
    detail = views.get_story(session, story_id, as_of=as_of)
    story = detail.story
    if story.state == "merged":
        survivor = history.survivor_of(session, story_id, as_of=as_of)
        return RedirectResponse(links.at_instant(links.story_page(survivor), as_of), 308)
    happened = history.transitions_of(session, story_id, as_of=as_of).items
    parts = views.parts_of(session, story_id, as_of=as_of)
    mentioned = {*_mentioned(detail.members, happened), story.split_from or story.id, *parts}
    return _page(
        web,
        "story.html",
        story=story,
        members=detail.members,
        by_id={member.report.article_id: member.report for member in detail.members},
        transitions=happened,
        related=related_to(session, story, as_of=as_of),
        names=views.names_of(session, mentioned),
        parts_of=parts,
        as_of=as_of,
    )


@router.get("/storylines/{storyline_id}")
def storyline_page(session: ReadSession, web: Context, storyline_id: StorylineId) -> HTMLResponse:
    """The stories of one saga, side by side."""
    return _page(web, "storyline.html", storyline=storylines.get_storyline(session, storyline_id))


@router.get("/feeds")
def feeds_page(
    session: ReadSession,
    web: Context,
    *,
    failing: Annotated[bool | None, Query()] = None,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """How well each feed can be read."""
    after = FEED_CURSOR.decode(cursor)
    page = catalogue_views.list_feeds(session, FeedFilter(failing=failing), after=after)
    following = {"cursor": FEED_CURSOR.encode(page.next)} if page.next else {}
    kept = {"failing": "true"} if failing else {}
    return _page(
        web,
        "feeds.html",
        feeds=page.items,
        counts=catalogue_views.count_feeds(session),
        failing=failing,
        first=bool(cursor),
        following=f"/feeds?{urlencode(kept | following)}" if following else "",
    )


@router.get("/about")
def about(web: Context) -> HTMLResponse:
    """What the words on the pages mean."""
    return _page(web, "about.html")


def _page(web: Web, template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(web.templates.get_template(template).render(now=web.clock(), **values))


def _mentioned(members: Iterable[Member], happened: Iterable[Transition]) -> Iterable[str]:
    """The ids of other stories that evidence and history speak of."""
    for member in members:
        following = read_evidence(member.placing.evidence).next if member.placing else None
        if following:
            yield following.story
    for transition in happened:
        if transition.other_story_id:
            yield transition.other_story_id
