"""Pages in a headless Chromium: nothing sticks out, nothing fails, nothing is fetched elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.store.database import schema
from service.store.database.sessions import make_sessions
from tests.support.content.texts import MEETING, STORYLINE
from tests.support.servers.browser import Browser, View, browsing, installed
from tests.support.servers.site import Site, serving, serving_world

pytestmark = pytest.mark.slow

PAGES = {
    "stories": "/",
    "filtered": "/?language=ru&sort=newest",
    "story": f"/stories/{MEETING}",
    "single story": "/stories/hostile",
    "storyline": f"/storylines/{STORYLINE}",
    "feeds": "/feeds",
    "about": "/about",
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all pages."""
    program = installed()
    if program is None:
        pytest.skip("no Chromium on PATH, so pages are not tried in a browser")
    with browsing(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.mark.parametrize("view", [View(360), View(360, dark=True), View(768), View(1200)], ids=str)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_fits_and_stays_at_home(
    browser: Browser, world: Site, path: str, view: View, tmp_path: Path
) -> None:
    sight = browser.look(world.url + path, view)
    (tmp_path / "page.png").write_bytes(sight.png)  # for a look at it when this fails
    assert sight.errors == []
    assert sight.overflow <= 0, sight.culprits
    assert sight.culprits == ""
    own = (world.url, "data:")  # the browser draws its own controls from data
    assert [url for url in sight.requests if not url.startswith(own)] == []


def test_an_empty_store_has_a_page_that_fits(browser: Browser, database_url: str) -> None:
    engine = schema.make_engine(database_url)
    with serving(make_sessions(engine)) as site:
        sight = browser.look(f"{site.url}/", View(360))
    engine.dispose()
    assert (sight.errors, sight.overflow) == ([], 0)
