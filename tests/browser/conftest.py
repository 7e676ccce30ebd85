"""Fixture `browser`: one headless Chromium for all tests of a module."""

from collections.abc import Iterator

import pytest

from tests.support.browser.chromium import Browser, find_browser, running_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all pages; skips the tests without Chromium."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium on PATH")
    with running_browser(program) as running:
        yield running
