"""Tabs of headless Chromium, controlled over the DevTools protocol."""

import base64
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

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
#: Label or text of the focused element.
FOCUSED_NAME = (
    """(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)"""
)
MAX_TABS = 60
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


@dataclass(slots=True)
class PageReport:
    """Observations of a page in the browser."""

    overflow: int = 0  #: pixels beyond the window's width
    overflowing: str = ""
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    png: bytes = b""
    value: Any = None  #: of the measured expression


class Tab:
    """A tab of a running browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, report: PageReport) -> None:
        self._socket = socket
        self._report = report
        self._numbers = itertools.count(1)
        self._loaded = False

    async def prepare(self, view: View) -> None:
        """Set size, colours and medium for the next pages."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self._send(f"{domain}.enable")
        size = {"width": view.width, "height": view.height}
        await self._send(
            "Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False
        )
        features = {
            "prefers-color-scheme": "dark" if view.dark else "light",
            "forced-colors": "active" if view.forced_colors else "none",
            "prefers-reduced-motion": "reduce" if view.reduced_motion else "no-preference",
        }
        await self._send(
            "Emulation.setEmulatedMedia",
            media="print" if view.printed else "screen",
            features=[{"name": name, "value": value} for name, value in features.items()],
        )

    async def set_direction(self, view: View) -> None:
        """Show the page as a translation into a language from right to left would."""
        await self.evaluate(f"document.documentElement.dir = '{'rtl' if view.rtl else ''}'")

    async def set_cookies(self, url: str, cookies: Mapping[str, str]) -> None:
        """Send these cookies with requests to the host of the URL."""
        for name, value in cookies.items():
            await self._send("Network.setCookie", url=url, name=name, value=value)

    async def clear_cookies(self) -> None:
        """Delete all cookies."""
        await self._send("Network.clearBrowserCookies")

    async def open(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        self._loaded = False
        await self._send("Page.navigate", url=url)
        while not self._loaded:
            self._handle_event(json.loads(await self._socket.receive_str()))

    async def focus(self, name: str) -> int:
        """Press the Tab key until an element has the focus whose name starts so; count the presses.

        Raises:
            LookupError: no such element within `MAX_TABS` presses.
        """
        for number in range(1, MAX_TABS + 1):
            await self._press("Tab", code=9)
            if str(await self.evaluate(FOCUSED_NAME)).startswith(name):
                return number
        raise LookupError(name)

    async def press(self, key: str) -> None:
        """Press a key that opens another page, and wait until the page is loaded."""
        self._loaded = False
        await self._press(
            key, text="\r" if key == "Enter" else key, code=13 if key == "Enter" else 0
        )
        while not self._loaded:
            self._handle_event(json.loads(await self._socket.receive_str()))

    async def _press(self, key: str, *, code: int, **more: str) -> None:
        for kind in ("keyDown", "keyUp"):
            await self._send(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more
            )

    async def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression; of a promise, the value after its end."""
        result = await self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    async def screenshot(self, *, whole: bool = True) -> bytes:
        """PNG of the whole page, or of the window; of a page that is too tall, the window."""
        height = int(await self.evaluate("document.documentElement.scrollHeight"))
        is_complete = whole and height < MAX_IMAGE_HEIGHT
        result = await self._send("Page.captureScreenshot", captureBeyondViewport=is_complete)
        return base64.b64decode(result["data"])

    async def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = json.loads(await self._socket.receive_str())
            if message.get("id") == number:
                return dict(message.get("result", {}))
            self._handle_event(message)

    def _handle_event(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self._report.requests.append(params["request"]["url"])
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                self._report.errors.append(params["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self._report.errors.append(json.dumps(params))
