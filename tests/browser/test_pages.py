"""Pages in headless Chromium: no overflow, no errors, no requests to other hosts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.store.database import schema
from service.store.database.sessions import make_sessions
from tests.support.browser.chromium import Browser
from tests.support.browser.every_page import READER_PAGES
from tests.support.browser.views import View
from tests.support.servers.site import Site, serving, serving_busy_day, serving_world

pytestmark = pytest.mark.slow

HTTP_OK = 200
#: Number of stories that are completely in the window.
STORIES_IN_VIEW = """[...document.querySelectorAll('article.card')].filter(each => {
  const box = each.getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}).length"""


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture(scope="module")
def busy(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over a busy day, shared by all tests."""
    with serving_busy_day(new_database()) as running:
        yield running


@pytest.mark.parametrize("view", [View(360), View(360, dark=True), View(768), View(1200)], ids=str)
@pytest.mark.parametrize("path", READER_PAGES.values(), ids=READER_PAGES.keys())
def test_page_fits_and_makes_no_external_request(
    browser: Browser, world: Site, path: str, view: View, tmp_path: Path
) -> None:
    report = browser.open_page(world.url + path, view)
    (tmp_path / "page.png").write_bytes(report.png)  # to inspect a failure
    # The browser reports the status of an error page itself, and nothing else.
    status = world.get(path, headers={"Accept": "text/html"}).status
    assert len(report.errors) == (status != HTTP_OK)
    assert all(f"responded with a status of {status} " in error for error in report.errors)
    assert report.overflow <= 0, report.overflowing
    assert report.overflowing == ""
    assert [url for url in report.requests if not url.startswith(world.url)] == []


def test_page_of_an_empty_database_fits(browser: Browser, database_url: str) -> None:
    engine = schema.make_engine(database_url)
    with serving(make_sessions(engine)) as site:
        report = browser.open_page(f"{site.url}/", View(360))
    engine.dispose()
    assert (report.errors, report.overflow) == ([], 0)


@pytest.mark.parametrize(
    ("view", "minimum"), [(View(1280), 12), (View(360, height=800), 5)], ids=["wide", "phone"]
)
def test_front_page_shows_many_stories_without_scrolling(
    browser: Browser, busy: Site, view: View, minimum: int
) -> None:
    report = browser.open_page(f"{busy.url}/", view, STORIES_IN_VIEW)
    assert report.value >= minimum
    assert (report.errors, report.overflow, report.overflowing) == ([], 0, "")
