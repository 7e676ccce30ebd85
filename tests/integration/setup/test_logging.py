"""Log lines of unexpected errors."""

import json
import logging as standard_logging

import pytest
import structlog

from service.settings import logging
from service.settings.sections.daemon import LogSettings

pytestmark = pytest.mark.usefixtures("restore_logging")


def fail_with_local_secret(password: str) -> None:
    secret = {"password": password}
    raise ValueError(len(secret))


@pytest.mark.parametrize("form", ["json", "text"])
def test_tracebacks_have_no_local_variables(form: str, capsys: pytest.CaptureFixture[str]):
    logging.configure(LogSettings("info", form))
    try:
        fail_with_local_secret("hunter" + str(2))
    except ValueError:
        standard_logging.getLogger("any").exception("failed")
    written = capsys.readouterr().err
    assert "fail_with_local_secret" in written
    assert "hunter2" not in written


def open_feed() -> None:
    raise ValueError('cannot open "https://me:pw1@outlet.example/feed?key=pw2", /feed?key=pw3')


@pytest.mark.parametrize("form", ["json", "text"])
def test_urls_in_lines_and_tracebacks_are_redacted(form: str, capsys: pytest.CaptureFixture[str]):
    logging.configure(LogSettings("info", form))
    try:
        open_feed()
    except ValueError:
        standard_logging.getLogger("any").exception("with url: /v1?key=pw4")
    structlog.get_logger("any").info("failed", feeds=[{"url": "https://me:pw5@outlet.example/"}])
    written = capsys.readouterr().err
    assert written.count("https://outlet.example/") >= 2
    assert "pw" not in written
    if form == "json":
        assert all(json.loads(line)["level"] for line in written.splitlines())
