"""Layer diagram of `docs/architecture.md`, generated from the imports.

`python -m tests.support.layer_diagram --write` updates the page.
"""

import re
import sys
from pathlib import Path

import grimp

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
MARKED = re.compile(r"(<!-- layer diagram -->\n).*(<!-- end of layer diagram -->)", re.DOTALL)

Edges = set[tuple[str, str]]

#: Imports by name at run time, which keep the start of a command fast.
DYNAMIC_IMPORTS: Edges = {("cli", "commands"), ("commands", "mcp")}


def find_edges() -> Edges:
    """Return the imports between layers as pairs (importer, imported).

    Layers are the children of `service` and the packages beside it.
    """
    graph = grimp.build_graph("service", "jobs", "samestory_client")
    layers = (graph.find_children("service") | {"jobs", "samestory_client"}) & graph.modules
    for layer in layers:
        graph.squash_module(layer)
    return DYNAMIC_IMPORTS | {
        (importer.removeprefix("service."), imported.removeprefix("service."))
        for importer in layers
        for imported in graph.find_modules_directly_imported_by(importer) & layers - {importer}
    }


def reduce_edges(edges: Edges) -> Edges:
    """Remove every edge that a longer path implies (transitive reduction of an acyclic graph)."""

    def reachable(start: str, *, without: tuple[str, str]) -> set[str]:
        seen: set[str] = set()
        pending = [start]
        while pending:
            source = pending.pop()
            targets = {b for a, b in edges if a == source and (a, b) != without} - seen
            seen |= targets
            pending += targets
        return seen

    return {edge for edge in edges if edge[1] not in reachable(edge[0], without=edge)}


def render(edges: Edges) -> str:
    """Render the edges as a Mermaid flowchart in a code block."""
    lines = [f"  {importer} --> {imported}" for importer, imported in sorted(edges)]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def update(page: str) -> str:
    """Return the text of the page with the current diagram between its markers."""
    diagram = render(reduce_edges(find_edges()))
    return MARKED.sub(lambda match: match[1] + diagram + match[2], page)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.support.layer_diagram --write")
    PAGE.write_text(update(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
