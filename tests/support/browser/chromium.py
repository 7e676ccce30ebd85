"""Headless Chromium, controlled over the DevTools protocol."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.support.browser.tabs import OVERFLOW, PageReport, Tab, View

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
OPEN_DETAILS = "document.querySelectorAll('details').forEach(e => { e.open = true })"


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
        *,
        expand: bool = True,
    ) -> PageReport:
        """Open a page in a new tab, with all details expanded if `expand`; return a report.

        `measure` is a JavaScript expression, evaluated before the details are expanded.
        """
        task = self._open_page(url, view, measure, cookies or {}, expand=expand)
        return asyncio.run(asyncio.wait_for(task, 60))

    async def _open_page(
        self, url: str, view: View, measure: str, cookies: Mapping[str, str], *, expand: bool
    ) -> PageReport:
        report = PageReport()
        async with self.tab(report) as tab:
            await tab.prepare(view)
            await tab.set_cookies(url, cookies)
            await tab.open(url)
            await tab.set_direction(view)
            report.value = await tab.evaluate(measure) if measure else None
            if expand:
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
        async with self.tab(report) as tab:
            await tab.prepare(View(1280))
            await tab.set_cookies(url, cookies)
            await tab.open(url)
            for key in keys:
                await tab.press(key)
                texts.append(await tab.evaluate("document.querySelector('main').innerText"))
        return texts, report

    def activate(
        self, url: str, names: Sequence[str], cookies: Mapping[str, str]
    ) -> tuple[str, list[int]]:
        """Open a page, and activate elements by Tab and Enter, each of which opens the next page.

        Returns the text of the last page, and the number of Tab presses for each name.
        """
        return asyncio.run(asyncio.wait_for(self._activate(url, names, cookies), 60))

    async def _activate(
        self, url: str, names: Sequence[str], cookies: Mapping[str, str]
    ) -> tuple[str, list[int]]:
        async with self.tab(PageReport()) as tab:
            await tab.prepare(View(1280))
            await tab.set_cookies(url, cookies)
            await tab.open(url)
            presses = []
            for name in names:
                presses.append(await tab.focus(name))
                await tab.press("Enter")
            return str(await tab.evaluate("document.querySelector('main').innerText")), presses

    @asynccontextmanager
    async def tab(self, report: PageReport) -> AsyncIterator[Tab]:
        """A new tab, which writes its requests and errors to the report."""
        root = f"http://127.0.0.1:{self.port}/json"
        async with aiohttp.ClientSession() as http:
            async with http.put(f"{root}/new?about:blank") as response:
                target = await response.json()
            async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket, report)
            async with http.get(f"{root}/close/{target['id']}") as response:
                await response.read()


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
