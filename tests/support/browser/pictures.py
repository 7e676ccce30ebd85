"""Pictures of every page, made from the demo's store.

`python -m tests.support.browser.pictures FOLDER` runs the demo, and writes a picture of each page
in each view to the folder. The chosen ones also go into `docs/pictures`. `--data DIR` keeps the
database of the demo in a folder, so that the next run is faster; `--page NAME` limits the pages.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from service.domain.access.roles import Role
from service.settings.sections.daemon import DEMO_DATABASE
from service.settings.sources import DEFAULT_PROFILE
from service.store.access import keys
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from tests.support.browser.chromium import Browser, find_browser, running_browser
from tests.support.browser.views import View, take_picture
from tests.support.servers.site import Site
from tests.support.servers.visitor import Visitor

COMMAND = Path(sys.executable).parent / "samestory"
CHOSEN = Path(__file__).parents[3] / "docs" / "pictures"
#: Views of every page.
VIEWS = (
    View(1280), View(360, height=800), View(1280, dark=True), View(360, height=800, dark=True),
    View(1280, rtl=True), View(360, height=800, rtl=True), View(1280, forced_colors=True),
    View(800, printed=True),
)  # fmt: skip
#: Pages that need a key.
STAFF = frozenset(
    {
        "desk", "desk-story", "decisions", "operations", "operations-feeds", "operations-feed",
        "add-feed", "jobs", "deliveries", "database",
    }
)  # fmt: skip
#: Pages whose windows are shown in the docs, with the height of the window.
IN_DOCS = {"front": 900, "story": 1000, "map": 900}


@dataclass(frozen=True, slots=True)
class Demo:
    """The served demo, and the file of its digest email."""

    site: Site
    email: Path
    database_url: str


@contextmanager
def running_demo(data: Path) -> Iterator[Demo]:
    """Run `samestory demo` inside the `with` block; `data` is its data folder."""
    environment = os.environ | {
        "SAMESTORY_DATABASE__DATA_DIR": str(data),
        "SAMESTORY_WEB__PORT": "0",
        "HF_HUB_OFFLINE": "1",
    }
    command = [str(COMMAND), "demo"]
    server = EmbeddedServer.start(str(data))
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _read_output(process, server.url(f"{DEMO_DATABASE}_{DEFAULT_PROFILE}"))
        finally:
            process.terminate()
    server.stop()


def _read_output(process: subprocess.Popen[str], database_url: str) -> Demo:
    """The address and the email from the output of the demo, which ends with the address."""
    email = Path()
    for line in process.stdout or ():
        if found := re.search(r"digest email \(.*\): (\S+)", line):
            email = Path(found[1])
        if found := re.search(r"Open http://127\.0\.0\.1:(\d+)/", line):
            return Demo(Site(int(found[1])), email, database_url)
    raise RuntimeError("the demo ended without an address")


def list_pages(demo: Demo) -> dict[str, str]:
    """Addresses of all pages by name."""
    stories = demo.site.get("/v1/stories?limit=10&sort=largest").json["items"]
    story, line = stories[0]["id"], next(each["storyline"] for each in stories if each["storyline"])
    outlets = [each["slug"] for each in demo.site.get("/v1/outlets?limit=2").json["items"]]
    return {
        "front": "/",
        "filtered": "/?language=fa",
        "no-match": "/?language=fa&min_independent=10",
        "story": f"/stories/{story}",
        "unknown-story": "/stories/unknown",
        "storylines": "/storylines",
        "storyline": f"/storylines/{line['id']}",
        "outlets": "/outlets",
        "outlet": f"/outlets/{outlets[0]}",
        "compare": f"/compare?outlet={outlets[0]}&outlet={outlets[1]}&days=30",
        "missing": "/missing",
        "map": "/map",
        "search": "/search?q=Moscow",
        "data": "/data",
        "subscribe": "/subscribe",
        "follow": f"/follow?outlet={outlets[0]}",
        "feeds": "/feeds",
        "about": "/about",
        "docs": "/docs",
        "error": "/outlets?contry=GB",
        "sign-in": "/sign-in",
        "desk": "/desk",
        "desk-story": f"/desk/stories/{story}",
        "decisions": "/desk/decisions",
        "operations": "/operations",
        "operations-feeds": "/operations/feeds",
        "operations-feed": "/operations/feeds/1",
        "add-feed": "/operations/feeds/add",
        "jobs": "/operations/jobs",
        "deliveries": "/operations/deliveries",
        "database": "/operations/database",
    }


def sign_in(demo: Demo) -> dict[str, str]:
    """Cookies of a new key with all roles, which is revoked by the next run."""
    engine = schema.make_engine(demo.database_url)
    now, name = datetime.now(UTC), f"pictures {os.getpid()}"
    with make_sessions(engine).begin() as session:
        _, secret = keys.create(session, name, (Role.EDITOR, Role.ADMIN), now=now)
    engine.dispose()
    person = Visitor(demo.site)
    person.sign_in(secret)
    return person.cookies


def take_pictures(
    browser: Browser, addresses: Mapping[str, str], cookies: Mapping[str, str], folder: Path
) -> None:
    """Write `NAME-VIEW.png` for each page in each view."""
    for name in IN_DOCS.keys() & addresses.keys():
        with browser.tab(addresses[name], View(1280, height=IN_DOCS[name])) as page:
            picture = Image.open(BytesIO(page.screenshot()))
        # A palette halves the size.
        picture.convert("RGB").quantize(128).save(CHOSEN / f"{name}.png", optimize=True)
    for name, url in addresses.items():
        for view in VIEWS:
            with browser.tab(url, view, cookies if name in STAFF else {}) as page:
                (folder / f"{name}-{view}.png").write_bytes(take_picture(page))
        sys.stdout.write(f"{name}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--page", action="append", default=[])
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    program = find_browser()
    if program is None:
        sys.exit("no Chromium on PATH")
    temporary = Path(tempfile.mkdtemp(prefix="samestory-pictures-"))
    temporary.chmod(0o755)
    try:
        with (
            running_demo(given.data or temporary / "data") as demo,
            running_browser(program) as browser,
        ):
            pages = {name: demo.site.url + path for name, path in list_pages(demo).items()}
            pages["email"] = demo.email.as_uri()
            chosen = {name: url for name, url in pages.items() if name in (given.page or pages)}
            take_pictures(browser, chosen, sign_in(demo), given.folder)
    finally:
        shutil.rmtree(temporary)


if __name__ == "__main__":
    main()
