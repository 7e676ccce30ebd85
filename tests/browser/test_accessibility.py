"""axe-core reports nothing on any page: light, dark, narrow, from right to left."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.browser import axe
from tests.support.browser.chromium import Browser
from tests.support.browser.every_page import EveryPage, serving_every_page
from tests.support.browser.views import View

pytestmark = pytest.mark.slow

#: Each option is in one of the views; a page needs no view per combination.
VIEWS = (View(1280), View(360, dark=True, rtl=True))


@pytest.fixture(scope="module")
def content(new_database: Callable[[], str]) -> Iterator[EveryPage]:
    with serving_every_page(new_database()) as running:
        yield running


def test_axe_reports_nothing_on_any_page(browser: Browser, content: EveryPage):
    if missing := axe.missing_tool():
        pytest.skip(missing)
    visits = [
        axe.Visit(content.site.url + path, content.cookies_for(path))
        for path in content.pages.values()
    ]
    assert axe.find_violations(browser, visits, *VIEWS) == {}
