"""Commands that list something say so if there is nothing."""

import pytest
from typer.testing import CliRunner

from service.cli import build


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("alerts", "list"), "no alerts"),
        (("digest", "editions"), "no emails"),
        (("feeds", "list"), "no feeds"),
        (("keys", "list"), "no keys"),
        (("outlets", "list"), "no outlets"),
        (("queries", "list"), "no saved queries"),
        (("stories", "decisions"), "no decisions"),
        (("stories", "list"), "no stories"),
        (("subscribers", "list"), "no subscribers"),
        (("webhooks", "list"), "no webhooks"),
    ],
)
def test_empty_list_is_one_line(
    database_url: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], line: str
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    done = CliRunner().invoke(build(arguments), list(arguments))
    assert done.stdout == f"{line}\n"
