"""Help of the commands: paragraphs without the line breaks of their docstrings."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from service.cli import build


def _help_texts(command: Any) -> Iterator[str]:
    yield command.help or ""
    for each in getattr(command, "commands", {}).values():
        yield from _help_texts(each)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cluster", "A missing type is derived from title, URL and text."),
        ("webhooks", "Until the receiver uses the new secret, deliveries fail and are retried."),
    ],
)
def test_paragraphs_have_no_line_breaks(name: str, sentence: str) -> None:
    texts = list(_help_texts(get_command(build([name]))))
    assert any(sentence in text for text in texts)
    assert [text for text in texts if re.search(r"[^\n]\n[^\n]", text)] == []


def test_help_shows_square_brackets() -> None:
    result = CliRunner().invoke(build(["mcp"]), ["mcp", "--help"])
    assert "'.[mcp]'" in result.output
