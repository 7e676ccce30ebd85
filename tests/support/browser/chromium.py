"""Headless Chromium of the system, controlled with Playwright."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from playwright import sync_api
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.support.browser.views import PageReport, View

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Limit in milliseconds for each step: to start, to load a page, to take a picture.
TIMEOUT = 60_000
OPEN_DETAILS = "document.querySelectorAll('details').forEach(e => { e.open = true })"
#: Label or text of the focused element.
FOCUSED_NAME = (
    """(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)"""
)
MAX_TAB_PRESSES = 60


def find_browser() -> str | None:
    """Path of the browser on PATH, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Browser:
    """A running browser."""

    running: sync_api.Browser
    context: BrowserContext  #: of all tabs with JavaScript; a new context takes time

    def open_page(
        self,
        url: str,
        view: View,
        measure: str = "",
        cookies: Mapping[str, str] | None = None,
    ) -> PageReport:
        """Open a page in a new tab, with all details expanded; return a report.

        `measure` is a JavaScript expression, evaluated before the details are expanded.
        """
        report = PageReport()
        with self.tab(url, view, cookies, report=report) as page:
            report.value = page.evaluate(measure) if measure else None
            page.evaluate(OPEN_DETAILS)
            report.measure(page)
        return report

    def press_keys(
        self, url: str, keys: Sequence[str], cookies: Mapping[str, str]
    ) -> tuple[list[str], PageReport]:
        """Open a page and press keys, each of which opens the next page; return their texts."""
        report, texts = PageReport(), []
        with self.tab(url, View(1280), cookies, report=report) as page:
            for key in keys:
                _press(page, key)
                texts.append(page.inner_text("main"))
        return texts, report

    def activate(
        self, url: str, names: Sequence[str], cookies: Mapping[str, str], *, scripts: bool = True
    ) -> tuple[str, list[int]]:
        """Open a page, and activate elements by Tab and Enter, each of which opens the next page.

        Returns the text of the last page, and the number of Tab presses for each name.

        Raises:
            LookupError: no such element within `MAX_TAB_PRESSES` presses.
        """
        presses = []
        with self.tab(url, View(1280), cookies, scripts=scripts) as page:
            for name in names:
                presses.append(_focus(page, name))
                _press(page, "Enter")
            return page.inner_text("main"), presses

    @contextmanager
    def tab(
        self,
        url: str,
        view: View,
        cookies: Mapping[str, str] | None = None,
        *,
        report: PageReport | None = None,
        scripts: bool = True,
    ) -> Iterator[Page]:
        """A new tab with the loaded page and the given cookies, which are for the host of the URL.

        The requests and errors go to `report`. Without `scripts`, JavaScript is off.
        """
        with ExitStack() as stack:
            context = self.context
            if not scripts:
                new = self.running.new_context(java_script_enabled=False)
                context = stack.enter_context(new)
            page = stack.enter_context(context.new_page())
            context.set_default_timeout(TIMEOUT)
            context.clear_cookies()
            for name, value in (cookies or {}).items():
                context.add_cookies([{"url": url, "name": name, "value": value}])
            if report is not None:
                report.watch(page)
            view.apply(page)
            page.goto(url)
            view.set_direction(page)
            yield page


def _press(page: Page, key: str) -> None:
    """Press a key that opens another page, and wait until that page is loaded."""
    with page.expect_event("load"):
        page.keyboard.press(key)


def _focus(page: Page, name: str) -> int:
    """Press the Tab key until an element has the focus whose name starts so; count the presses."""
    for number in range(1, MAX_TAB_PRESSES + 1):
        page.keyboard.press("Tab")
        if str(page.evaluate(FOCUSED_NAME)).startswith(name):
            return number
    raise LookupError(name)


@contextmanager
def running_browser(program: str) -> Iterator[Browser]:
    """Run a browser with a new profile inside the `with` block.

    In the block, the thread counts as a thread with a running event loop: `asyncio.run` fails.
    """
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, timeout=TIMEOUT) as running,
        running.new_context() as context,
        context.new_page(),  # keeps the window open, so that a new tab needs no new window
    ):
        yield Browser(running, context)
