"""Reading of article pages: permission, download, extraction in a worker process."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from service.domain.pages.reservations import find_in_headers
from service.errors import (
    BadStatusError,
    FeedError,
    HostBusyError,
    InternalFeedError,
    PageRefusedError,
    UnreachableError,
)
from service.ingest.fetching.connection import create_session
from service.ingest.fetching.redirects import RedirectResult, Route, follow
from service.ingest.fetching.responses.bodies import Limits
from service.ingest.fetching.throttle import HostThrottle
from service.ingest.pages.job import Page, PageJob
from service.ingest.pages.permission import Permissions
from service.ingest.parsing.processes.pool import parse_all
from service.settings.load import Settings
from service.settings.sections.ingest import PagesSettings

ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
_SERVER_ERRORS = range(500, 600)
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """The article of a page, or the reason why there is none."""

    page: Page
    temporary: bool = False  #: whether a later attempt may succeed


def read_pages(urls: Sequence[str], settings: Settings) -> list[PageOutcome]:
    """Read pages and return the outcomes in the order of the URLs.

    Pages that their publisher reserves against text mining are not requested, or not extracted.
    """
    downloads = asyncio.run(_download_all(urls, settings))
    jobs = [each for each in downloads if isinstance(each, PageJob)]
    extracted = iter(parse_all(jobs, settings.parse))
    return [
        _to_outcome(next(extracted)) if isinstance(each, PageJob) else each for each in downloads
    ]


async def _download_all(urls: Iterable[str], settings: Settings) -> list[PageJob | PageOutcome]:
    fetching = settings.fetch
    async with create_session(fetching) as session:
        route = Route(
            session=session,
            throttle=HostThrottle(
                total=fetching.concurrency,
                per_host=fetching.per_host,
                host_delay_seconds=fetching.host_delay_seconds,
            ),
            headers={"Accept": ACCEPT},
            conditional=False,
            limits=Limits(
                min(fetching.max_received_bytes, settings.pages.max_page_bytes),
                settings.pages.max_page_bytes,
            ),
            max_redirects=fetching.max_redirects,
            timeout_seconds=fetching.timeout_seconds,
        )
        permitted = replace(route, permit=Permissions(route, fetching.user_agent).check)
        downloads = [_download_safely(url, permitted, settings.pages) for url in urls]
        return list(await asyncio.gather(*downloads))


async def _download_safely(
    url: str, route: Route, settings: PagesSettings
) -> PageJob | PageOutcome:
    """Download one page; an unexpected error is its outcome and does not stop the others."""
    try:
        return await _download(url, route, settings)
    except Exception as error:  # noqa: BLE001 - one page never stops the others
        failure = InternalFeedError.from_exception(url, "the page was read", error)
        return PageOutcome(Page.without_text("failed", failure.detail))


async def _download(url: str, route: Route, settings: PagesSettings) -> PageJob | PageOutcome:
    result = await follow(route, url)
    if result.error is not None or result.response is None:
        return _to_failure(result)
    if reservation := find_in_headers(result.response.headers.items()):
        return PageOutcome(Page.without_text("reserved", reservation))
    return PageJob(
        result.response.body,
        result.final_url,
        result.response.header("Content-Type") or "",
        min_characters=settings.min_characters,
        max_characters=settings.max_characters,
    )


def _to_failure(result: RedirectResult) -> PageOutcome:
    error = result.error
    if isinstance(error, PageRefusedError):
        outcome = "failed" if error.temporary else "reserved"
        return PageOutcome(Page.without_text(outcome, error.detail), error.temporary)
    status = error.status if isinstance(error, BadStatusError) else 0
    temporary = (
        isinstance(error, HostBusyError | UnreachableError)
        or status == _TOO_MANY_REQUESTS
        or status in _SERVER_ERRORS
    )
    return PageOutcome(Page.without_text("failed", error.detail if error else ""), temporary)


def _to_outcome(extracted: Page | FeedError) -> PageOutcome:
    if isinstance(extracted, FeedError):
        return PageOutcome(Page.without_text("failed", extracted.detail))
    return PageOutcome(extracted)
