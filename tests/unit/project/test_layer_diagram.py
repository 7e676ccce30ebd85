"""The layer diagram of `docs/architecture.md` matches the imports."""

from tests.support.layer_diagram import MARKED, PAGE, reduce_edges, update


def test_page_shows_current_diagram():
    page = PAGE.read_text(encoding="utf-8")
    assert MARKED.search(page)
    assert page == update(page), "run: .venv/bin/python -m tests.support.layer_diagram --write"


def test_reduction_removes_implied_edges():
    edges = {("cli", "commands"), ("commands", "domain"), ("cli", "domain"), ("cli", "errors")}
    assert reduce_edges(edges) == edges - {("cli", "domain")}
