"""Documentation: links and anchors resolve, decisions are listed, commands and targets exist."""

import re
from pathlib import Path

import pytest

from service.cli import COMMANDS

ROOT = Path(__file__).parents[3]
PATTERNS = ("*.md", "docs/**/*.md", "seeds/*.md", "service/client/*.md")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub derives them."""
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path):
    links = re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8"))
    for target, anchor in links:
        if "://" not in target:
            linked = page.parent / target if target else page
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_decision_index_is_complete():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("0*.md"):
        assert page.name in listed


@pytest.mark.parametrize("layer", ["domain", "store", "ingest", "web"])
def test_the_tree_of_the_architecture_names_each_folder(layer: str):
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.partition("```\n")[2].partition("```")[0]
    (entry,) = re.findall(rf"^  {layer}/ .*\n(?:^    .*\n)*", tree, re.MULTILINE)
    folders = {each.parent.name for each in (ROOT / "service" / layer).glob("*/__init__.py")}
    assert folders <= set(re.findall(r"(\w+)/", entry))


def test_commands_in_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\.venv/bin/samestory (\w+)", readme))
    assert named
    assert named <= COMMANDS


def test_make_targets_in_docs_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
        assert named <= targets, page


def test_quality_figures_of_the_readme_are_those_of_the_quality_page():
    days = _rows(ROOT / "docs" / "quality.md", r"stream_day\w*, (\S+) August 2026")
    # Columns of the page: articles, F1, stream F1, ECE, candidate recall, F1 under `english`.
    expected = {
        day: [cells[0], cells[1].split()[0], cells[2], cells[5]] for day, cells in days.items()
    }
    assert len(expected) == 4
    assert _rows(ROOT / "README.md", r"(1\d–1\d|2\d–2\d)") == expected


def _rows(page: Path, first_cell: str) -> dict[str, list[str]]:
    """The first group of the first cell of a table's rows, with the other cells."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {match[1]: cells for first, *cells in rows if (match := re.fullmatch(first_cell, first))}
