"""Views of pages, such as narrow, dark or printed, and reports on pages."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

#: Horizontal overflow of the page in pixels, and the first three overflowing elements. The map of
#: the day has two dimensions, so it may scroll within its frame, which itself must fit.
OVERFLOW = """(() => {
  const room = document.documentElement.clientWidth;
  const over = [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > room + 1)
    .filter(e => !e.closest('.visually-hidden, thead, .map'))
    .map(e => e.tagName + '.' + e.className.toString());
  return [document.documentElement.scrollWidth - room, over.slice(0, 3).join(' ')];
})()"""
#: Height of the tallest image that the browser can make; of taller pages, it shows the start.
MAX_IMAGE_HEIGHT = 16_384


@dataclass(frozen=True, slots=True)
class View:
    """Window size, colours, direction and medium."""

    width: int
    dark: bool = False
    height: int = 900
    rtl: bool = False
    printed: bool = False
    forced_colors: bool = False
    reduced_motion: bool = False

    def __str__(self) -> str:
        """Width and the options that differ from the default, such as 360-dark-rtl."""
        options = ("dark", "rtl", "printed", "forced_colors", "reduced_motion")
        return "-".join([str(self.width), *(name for name in options if getattr(self, name))])

    def apply(self, page: Page) -> None:
        """Set size, colours and medium of a tab, for this page and the next ones."""
        page.set_viewport_size({"width": self.width, "height": self.height})
        page.emulate_media(
            media="print" if self.printed else "screen",
            color_scheme="dark" if self.dark else "light",
            forced_colors="active" if self.forced_colors else "none",
            reduced_motion="reduce" if self.reduced_motion else "no-preference",
        )

    def set_direction(self, page: Page) -> None:
        """Show the open page as a translation into a language from right to left would."""
        page.evaluate(f"document.documentElement.dir = '{'rtl' if self.rtl else ''}'")


@dataclass(slots=True)
class PageReport:
    """Observations of a page in the browser."""

    overflow: int = 0  #: pixels beyond the window's width
    overflowing: str = ""
    errors: list[str] = field(default_factory=list)  #: exceptions and messages of the console
    requests: list[str] = field(default_factory=list)  #: addresses, except data: URLs
    png: bytes = b""
    value: Any = None  #: of the measured expression

    def watch(self, page: Page) -> None:
        """Add the requests and errors of the tab from now on."""

        def add_message(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning", "log"}:  # no advice of the browser
                self.errors.append(message.text)

        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", add_message)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def measure(self, page: Page) -> None:
        """Measure the overflow of the open page, and take its picture."""
        self.overflow, self.overflowing = page.evaluate(OVERFLOW)
        self.png = take_picture(page)


def take_picture(page: Page) -> bytes:
    """PNG of the whole page; of a page that is too tall, the window."""
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    return page.screenshot(full_page=height < MAX_IMAGE_HEIGHT)
