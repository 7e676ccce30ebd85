"""Recognition of the pages of bot protections."""

import pytest

from service.domain.catalogue.bot_protection import identify_bot_protection

IMPERVA = '<script src="/_Incapsula_Resource?SWJIYLWA=5074a7,719d34"></script>'


@pytest.mark.parametrize(
    "page",
    [
        (
            f"<html><head><META NAME='robots' CONTENT='noindex,nofollow'>{IMPERVA}</head>\n"
            "<body></body></html>"
        ),
        f"<html><head>{IMPERVA}<body style='margin:0'>",
        f"<html>{IMPERVA}</html>",
    ],
)
def test_page_with_only_the_script_of_a_challenge_is_one(page: str) -> None:
    assert identify_bot_protection(200, {}, page.encode()) == "Imperva"


@pytest.mark.parametrize("rest", ["<h1>News</h1>", "<p>Not found</p></body></html>"])
def test_protected_page_with_content_is_not_a_challenge(rest: str) -> None:
    page = f"<html><head>{IMPERVA}</head><body>{rest}"
    assert identify_bot_protection(404, {}, page.encode()) is None
