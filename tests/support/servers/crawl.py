"""All internal links of a site, followed from its front page, and the faults of its pages."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from tests.support.servers.site import Site

#: Visits of addresses that differ only in values.
VISITS_PER_KIND = 2
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
UNLABELLED_TYPES = {"hidden", "submit"}


class PageParser(HTMLParser):
    """Links, ids and faults of one page: tags left open, equal ids, fields without a label."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.unlabelled: list[str] = []
        self.wrong_ends: list[str] = []
        self._labels: set[str] = set()
        self._fields: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._read(tag, {name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._read(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong_ends.append(tag)

    def _read(self, tag: str, attributes: dict[str, str]) -> None:
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if identifier := attributes.get("id"):
            self.ids[identifier] += 1
        if tag == "label":
            self._labels.add(attributes.get("for", ""))
        is_field = tag in {"input", "select", "textarea"}
        if is_field and attributes.get("type") not in UNLABELLED_TYPES:
            named = {"aria-label", "aria-labelledby"} & set(attributes) or "label" in self._open
            if not named and attributes.get("id", "?") not in self._labels:
                self.unlabelled.append(attributes.get("name", tag))

    def find_faults(self) -> list[str]:
        faults = [f"two elements have the id {name}" for name, n in self.ids.items() if n > 1]
        faults += [f"the field {name} has no label" for name in self.unlabelled]
        return faults + [f"</{tag}> closes another element" for tag in self.wrong_ends]


@dataclass(slots=True)
class Crawl:
    """The visited addresses, and the faults as lines of text."""

    visited: dict[str, PageParser | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def crawl(site: Site, *, skipped: str) -> Crawl:
    """Visit the front page and what its pages link to, without addresses that contain `skipped`.

    Of addresses that differ only in values, it visits `VISITS_PER_KIND`.
    """
    result, kinds, fragments = Crawl(), Counter[str](), []
    waiting = deque([("/", "no page")])
    while waiting:
        address, source = waiting.popleft()
        if address in result.visited:
            continue
        response = site.get(address, accept="text/html,*/*")
        result.visited[address] = None
        if response.status in {301, 303, 307, 308}:
            waiting.append((urljoin(address, response.headers["location"]), address))
        elif response.status != 200:
            result.faults.append(f"{address} on {source}: status {response.status}")
        elif response.headers["content-type"].startswith("text/html"):
            page = result.visited[address] = PageParser()
            page.feed(response.text)
            result.faults += [f"{address}: {fault}" for fault in page.find_faults()]
            for target, fragment in internal_links(page, address, site):
                if skipped in target:
                    continue
                fragments.append((address, target, fragment))
                kinds[kind_of(target)] += target not in result.visited
                if kinds[kind_of(target)] <= VISITS_PER_KIND:
                    waiting.append((target, address))
    result.faults += find_missing_elements(fragments, result.visited)
    return result


def internal_links(page: PageParser, address: str, site: Site) -> Iterator[tuple[str, str]]:
    """Address and fragment of each link to the site itself."""
    for link in page.links:
        target, _, fragment = urljoin(address, link.removeprefix(site.url)).partition("#")
        if not urlsplit(target).netloc and not urlsplit(target).scheme:
            yield target, fragment


def find_missing_elements(
    fragments: list[tuple[str, str, str]], visited: dict[str, PageParser | None]
) -> Iterator[str]:
    """Links to an element that their page does not have."""
    for source, target, fragment in fragments:
        page = visited.get(target)
        if fragment and page and fragment not in page.ids:
            yield f"{target}#{fragment} on {source}: no such element"


def kind_of(address: str) -> str:
    """The address with its ids and slugs replaced, and the names of its parameters."""
    parts = urlsplit(address)
    path = re.sub(r"(?<=/)(stories|storylines|outlets)/.+?(?=/|$)", r"\1/ID", parts.path)
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return f"{path}?{','.join(names) if len(names) < 2 else 'several'}"
