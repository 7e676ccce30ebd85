"""Headless Chromium, controlled over the DevTools protocol."""

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
#: Horizontal overflow of the page in pixels, and the first three overflowing elements.
OVERFLOW = """(() => {
  const room = document.documentElement.clientWidth;
  const over = [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > room + 1 && !e.closest('.visually-hidden, thead'))
    .map(e => e.tagName + '.' + e.className.toString());
  return [document.documentElement.scrollWidth - room, over.slice(0, 3).join(' ')];
})()"""
#: Height of the tallest image that the browser can make; of taller pages, it shows the start.
MAX_IMAGE_HEIGHT = 16_384
OPEN_DETAILS = "document.querySelectorAll('details').forEach(e => { e.open = true })"


@dataclass(frozen=True, slots=True)
class View:
    """Window size and preferred colour scheme."""

    width: int
    dark: bool = False
    height: int = 900


@dataclass(slots=True)
class PageReport:
    """Observations of a page in the browser."""

    overflow: int = 0  #: pixels beyond the window's width
    overflowing: str = ""
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    png: bytes = b""
    value: Any = None  #: of the measured expression


def find_browser() -> str | None:
    """Path of the browser on PATH, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Browser:
    """A running browser."""

    port: int

    def open_page(
        self,
        url: str,
        view: View,
        measure: str = "",
        cookies: Mapping[str, str] | None = None,
    ) -> PageReport:
        """Open a page in a new tab with all details expanded; return a report.

        `measure` is a JavaScript expression, evaluated before the details are expanded.
        """
        task = self._open_page(url, view, measure, cookies or {})
        return asyncio.run(asyncio.wait_for(task, 60))

    async def _open_page(
        self, url: str, view: View, measure: str, cookies: Mapping[str, str]
    ) -> PageReport:
        report = PageReport()
        async with self._tab(report) as tab:
            await tab.prepare(view)
            await tab.set_cookies(url, cookies)
            await tab.open(url)
            report.value = await tab.evaluate(measure) if measure else None
            await tab.evaluate(OPEN_DETAILS)
            report.overflow, report.overflowing = await tab.evaluate(OVERFLOW)
            report.png = await tab.screenshot()
        return report

    def press_keys(
        self, url: str, keys: Sequence[str], cookies: Mapping[str, str]
    ) -> tuple[list[str], PageReport]:
        """Open a page and press keys, each of which opens the next page; return their texts."""
        return asyncio.run(asyncio.wait_for(self._press_keys(url, keys, cookies), 120))

    async def _press_keys(
        self, url: str, keys: Sequence[str], cookies: Mapping[str, str]
    ) -> tuple[list[str], PageReport]:
        report, texts = PageReport(), []
        async with self._tab(report) as tab:
            await tab.prepare(View(1280))
            await tab.set_cookies(url, cookies)
            await tab.open(url)
            for key in keys:
                await tab.press(key)
                texts.append(await tab.evaluate("document.querySelector('main').innerText"))
        return texts, report

    @asynccontextmanager
    async def _tab(self, report: PageReport) -> AsyncIterator["_Tab"]:
        root = f"http://127.0.0.1:{self.port}/json"
        async with aiohttp.ClientSession() as http:
            async with http.put(f"{root}/new?about:blank") as response:
                target = await response.json()
            async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield _Tab(socket, report)
            async with http.get(f"{root}/close/{target['id']}") as response:
                await response.read()


class _Tab:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, report: PageReport) -> None:
        self._socket = socket
        self._report = report
        self._numbers = itertools.count(1)
        self._loaded = False

    async def prepare(self, view: View) -> None:
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self._send(f"{domain}.enable")
        size = {"width": view.width, "height": view.height}
        await self._send(
            "Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if view.dark else "light"}
        await self._send("Emulation.setEmulatedMedia", features=[scheme])

    async def set_cookies(self, url: str, cookies: Mapping[str, str]) -> None:
        for name, value in cookies.items():
            await self._send("Network.setCookie", url=url, name=name, value=value)

    async def open(self, url: str) -> None:
        await self._send("Page.navigate", url=url)
        while not self._loaded:
            self._handle_event(json.loads(await self._socket.receive_str()))

    async def press(self, key: str) -> None:
        """Press a key that opens another page, and wait until the page is loaded."""
        self._loaded = False
        for kind in ("keyDown", "keyUp"):
            await self._send("Input.dispatchKeyEvent", type=kind, key=key, text=key)
        while not self._loaded:
            self._handle_event(json.loads(await self._socket.receive_str()))

    async def evaluate(self, expression: str) -> Any:
        result = await self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    async def screenshot(self) -> bytes:
        height = int(await self.evaluate("document.documentElement.scrollHeight"))
        is_complete = height < MAX_IMAGE_HEIGHT
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


@contextmanager
def running_browser(program: str, profile: Path) -> Iterator[Browser]:
    """Run a browser with a new profile inside the `with` block."""
    command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield Browser(_wait_for_port(profile / "DevToolsActivePort", process))
        finally:
            process.terminate()
            process.wait(20)


def _wait_for_port(file: Path, process: subprocess.Popen[bytes]) -> int:
    for _ in range(300):
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("the browser did not start")
