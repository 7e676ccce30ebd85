"""`/operations/feeds/add`: add a feed after a preview, find the feeds of a page, import a list."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from service.errors import BadInputError, FeedError, NotAFeedError
from service.errors.redaction import redact_urls
from service.ingest.add_feed import CheckedFeed, add_feeds, add_new_feed, discover_feeds, fetch_feed
from service.ingest.discover import FeedLink
from service.ingest.opml import OpmlList, read_opml
from service.store.access.browser_sessions import BrowserSession
from service.store.catalogue import feeds
from service.web.dependencies import WebContext, WebContextDep
from service.web.operations.feeds import PATH
from service.web.operations.sections import render_section
from service.web.people.forms import TOKEN_FIELD, PostedForm, verify_token
from service.web.people.pages import Admin, see_other

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Entries in a preview, and characters of a list's file name in messages.
MAX_ENTRIES, MAX_NAME = 8, 80
MAX_FIELD_BYTES = 10_000


@router.get(f"{PATH}/add")
def add_page(web: WebContextDep, person: Admin, url: str = "") -> HTMLResponse:
    """Forms: preview a feed, import a list."""
    return _render(web, person, url=url[:2000])


@router.post(f"{PATH}/add/preview")
def preview(web: WebContextDep, person: Admin, form: PostedForm) -> HTMLResponse:
    """Fetch and parse a feed, and show it; stores nothing.

    If the address is a page, its feeds are listed. Takes up to `fetch.timeout_seconds` per fetch.
    """
    url = form.text("url")
    try:
        checked = fetch_feed(url, web.settings)
    except NotAFeedError:
        return _find_feeds(web, person, url)
    except (BadInputError, FeedError) as error:
        return _render(web, person, url=url, error=redact_urls(str(error)))
    with web.sessions() as session:
        exists = feeds.find_feed_by_url(session, checked.to_opml().url) is not None
    return _render(web, person, url=url, checked=checked, exists=exists)


def _find_feeds(web: WebContext, person: BrowserSession, url: str) -> HTMLResponse:
    try:
        links = discover_feeds(url, web.settings)
    except (BadInputError, FeedError) as error:
        return _render(web, person, url=url, error=redact_urls(str(error)))
    return _render(web, person, url=url, found=links)


@router.post(f"{PATH}/add", response_model=None)
def add(web: WebContextDep, person: Admin, form: PostedForm) -> HTMLResponse | RedirectResponse:
    """Fetch and parse a feed again, then add it with its outlet."""
    url = form.text("url")
    try:
        feed = fetch_feed(url, web.settings).to_opml(form.text("title"))
        with web.sessions.begin() as session:
            feed_id = add_new_feed(session, feed, now=web.clock())
    except (BadInputError, FeedError) as error:
        return _render(web, person, url=url, error=redact_urls(str(error)))
    return see_other(f"{PATH}/{feed_id}?done=added")


async def read_upload(request: Request, person: Admin) -> tuple[str, bytes]:
    """Dependency: name and content of the uploaded list; checks the token of the form.

    Raises:
        HTTPException: 403, the token is wrong; 422, there is no file.
    """
    async with request.form(max_files=1, max_fields=3, max_part_size=MAX_FIELD_BYTES) as form:
        token, file = form.get(TOKEN_FIELD), form.get("list")
        verify_token(request, person.form_token, token if isinstance(token, str) else "")
        if not isinstance(file, UploadFile) or not file.filename:
            raise HTTPException(422, "No file: choose an OPML file")
        return file.filename[:MAX_NAME], await file.read()


@router.post(f"{PATH}/import")
def import_list(
    web: WebContextDep,
    person: Admin,
    upload: Annotated[tuple[str, bytes], Depends(read_upload)],
) -> HTMLResponse:
    """Add the feeds of an OPML file; the report has numbers of added, existing and skipped ones."""
    name, data = upload
    try:
        opml = read_opml(data, name=name)
        with web.sessions.begin() as session:
            added = add_feeds(session, opml.feeds, now=web.clock())
    except BadInputError as error:
        return _render(web, person, error=redact_urls(str(error)))
    if not opml.feeds:
        return _render(web, person, error=f"{name}: the file contains no feeds", opml=opml)
    return _render(web, person, opml=opml, added=added)


def _render(
    web: WebContext,
    person: BrowserSession,
    *,
    url: str = "",
    error: str = "",
    checked: CheckedFeed | None = None,
    exists: bool = False,
    found: list[FeedLink] | None = None,
    opml: OpmlList | None = None,
    added: int = 0,
) -> HTMLResponse:
    return render_section(
        web,
        person,
        PATH,
        "add_feed.html",
        status=422 if error else 200,
        url=url,
        error=error,
        checked=checked,
        entries=checked.parsed.entries[:MAX_ENTRIES] if checked else (),
        exists=exists,
        found=found,
        opml=opml,
        added=added,
    )
