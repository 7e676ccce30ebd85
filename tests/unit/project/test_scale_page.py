"""The tables of `docs/scale.md` are the output of the capacity model."""

from tests.support.scale_page import MARKED, PAGE, update


def test_page_shows_current_tables():
    page = PAGE.read_text(encoding="utf-8")
    assert {name for name, _ in MARKED.findall(page)} == {"needs", "steps", "limits", "costs"}
    assert page == update(page), "run: .venv/bin/python -m tests.support.scale_page --write"
