"""The accessibility checker axe-core, run in the browser on pages of a site."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser.chromium import OPEN_DETAILS, Browser
from tests.support.browser.views import View

SCRIPT = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
#: Rules whose result depends on colours, width or direction; a page is checked again with these.
VISUAL_RULES = (
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
)
#: Sections of `/docs` are alike; axe would take a third of its time for them.
OMIT_ALIKE = "document.querySelectorAll('section:has(.route) ~ section').forEach(e => e.remove())"


def missing_tool() -> str:
    """What is missing to run axe, with the remedy; "" if nothing is."""
    return "" if SCRIPT.is_file() else "axe-core is not installed: run `make axe`"


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to check: its address and the cookies for it."""

    url: str
    cookies: Mapping[str, str]


def find_violations(
    browser: Browser, visits: Iterable[Visit], view: View, *others: View
) -> dict[str, list[str]]:
    """Open each page once; return the violations of axe by view and page.

    `view` is checked with all rules of axe, `others` with `VISUAL_RULES`.
    """
    source, found = SCRIPT.read_text(encoding="utf-8"), dict[str, list[str]]()
    for visit in visits:
        with browser.tab(visit.url, view, visit.cookies) as page:
            page.evaluate(f"{OPEN_DETAILS}; {OMIT_ALIKE}; {source}; null")
            for each in (view, *others):
                each.apply(page)
                each.set_direction(page)
                if violations := _run(page, () if each is view else VISUAL_RULES):
                    found[f"{each} {visit.url}"] = violations
    return found


def _run(page: Page, only: Sequence[str]) -> list[str]:
    """Violations as lines of text; `only` are rules, empty for all.

    The rule on the size of targets (WCAG 2.2) is off by default. Without `preload`, axe does not
    load the stylesheet again for a rule on the orientation of the screen, which no style locks.
    """
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
    options |= {"runOnly": only} if only else {"rules": {"target-size": {"enabled": True}}}
    return list(
        page.evaluate(
            f"""axe.run(document, {json.dumps(options)}).then(found => found.violations.map(
            each => each.id + ': ' + each.nodes.map(node => node.target.join(' ')).join(', ')))"""
        )
    )
