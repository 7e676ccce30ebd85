"""When the stored URL of a feed follows a permanent redirect."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.catalogue.feed_moves import (
    MoveDecision,
    PendingMove,
    decide_move,
    has_token,
)

NOW = datetime(2020, 4, 20, 12, tzinfo=UTC)
OLD, NEW = "http://outlet.example/rss", "https://news.outlet.example/feed"
SECURE = "https://outlet.example/rss"


def pending(url: str = NEW, **ago: float) -> PendingMove:
    return PendingMove(url, NOW - timedelta(**ago))


def test_new_redirect_is_remembered_but_not_adopted():
    assert decide_move(OLD, [NEW], None, now=NOW) == MoveDecision(None, PendingMove(NEW, NOW))


@pytest.mark.parametrize(("hours", "adopted"), [(23.9, None), (24, NEW), (100, NEW)])
def test_redirect_is_adopted_after_a_day(hours: float, adopted: str | None):
    assert decide_move(OLD, [NEW], pending(hours=hours), now=NOW).adopted == adopted


def test_time_starts_again_if_the_target_changes_or_the_redirect_ends():
    other = decide_move(OLD, ["https://other.example/"], pending(days=3), now=NOW)
    assert other == MoveDecision(None, PendingMove("https://other.example/", NOW))
    assert decide_move(OLD, [], pending(days=3), now=NOW) == MoveDecision(None, None)
    assert decide_move(OLD, [OLD], pending(OLD, days=3), now=NOW) == MoveDecision(None, None)


def test_change_to_https_is_adopted_at_once():
    assert decide_move(OLD, [SECURE], None, now=NOW) == MoveDecision(SECURE, None)
    with_port = decide_move(
        "http://127.0.0.1:8080/a?b", ["https://127.0.0.1:8443/a?b"], None, now=NOW
    )
    assert with_port.adopted == "https://127.0.0.1:8443/a?b"


def test_change_to_https_on_the_way_is_adopted_while_the_rest_waits():
    decision = decide_move(OLD, [SECURE, NEW], None, now=NOW)
    assert decision == MoveDecision(SECURE, PendingMove(NEW, NOW))
    later = decide_move(SECURE, [NEW], decision.pending, now=NOW + timedelta(days=1))
    assert later.adopted == NEW


@pytest.mark.parametrize(
    "target",
    ["https://outlet.example/rss?x=1", "https://www.outlet.example/rss", "https://outlet.example/"],
)
def test_other_changes_with_https_wait(target: str):
    assert decide_move(OLD, [target], None, now=NOW).adopted is None


def test_rejected_target_is_never_adopted():
    decision = decide_move(OLD, [SECURE, NEW], pending(days=9), rejected={NEW, SECURE}, now=NOW)
    assert decision == MoveDecision(None, None)


def test_target_with_a_token_is_not_adopted_but_the_hop_before_it_is():
    signed = f"{NEW}?X-Amz-Signature=abc&X-Amz-Expires=60"
    assert decide_move(OLD, [signed], pending(signed, days=9), now=NOW).adopted is None
    assert decide_move(OLD, [NEW, signed], pending(days=9), now=NOW).adopted == NEW


def test_too_long_target_is_not_adopted():
    endless = NEW + "/" + "a/" * 2000
    assert decide_move(OLD, [endless], pending(endless, days=9), now=NOW).adopted is None


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/f?token=1",
        "https://a.example/f?access_token=x",
        "https://a.example/f?a=1&Signature=x%2B",
        "https://a.example/f?sig=x",
        "https://a.example/f?key=x",
        "https://a.example/f?PHPSESSID=abc&session=1",
        "https://a.example/f;jsessionid=0A1B",
        "https://a.example/f?x-goog-signature=a",
        "https://a.example/f?hdnts=exp",
        "https://user:secret@a.example/f",
        "https://a.example/f?u=eyJhbGciOiJIUzI1NiJ9eyJzdWIi",
        "https://a.example/s/9f86d081884c7d659a2feaa0c55ad015/f",
        "https://a.example/f?id=123e4567-e89b-12d3-a456-426614174000",
        "https://a.example/f?__cf_chl_rt_tk=x",
    ],
)
def test_tokens_are_recognised(url: str):
    assert has_token(url)
    assert not has_token(url, current=url.replace("https:", "http:"))


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/2020/04/20/a-long-title-with-many-words-and-1234567/feed",
        "https://a.example/feed?format=xml&category=politics&page=2&author=ann",
        "https://feeds.a.example/c/35544/f/653846/index.rss",
        "https://a.example/nachrichten/wirtschaftsnachrichten_international.xml",
    ],
)
def test_ordinary_urls_have_no_token(url: str):
    assert not has_token(url)
