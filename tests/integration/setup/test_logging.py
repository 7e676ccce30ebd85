"""Log lines of unexpected errors."""

import logging as standard_logging

import pytest

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
