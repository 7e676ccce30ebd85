"""What webhooks decide without a network: signatures, rounds, patience, and what may be asked for."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.domain.webhooks.webhooks import (
    KINDS,
    Health,
    Outcome,
    after_round,
    message_id,
    of_different_stories,
    receiver_url,
    secret_text,
    signed,
    wanted,
)
from service.errors import BadInputError
from service.settings.delivery import WebhookSettings
from service.settings.load import load

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = b"a secret of thirty-two bytes ..."
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SETTINGS: WebhookSettings = load({}).webhooks
TAKEN, FAILED = Outcome(204), Outcome(500, "answered 500")


def example() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function that the page shows."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, names)  # noqa: S102  # the project's own page
    return names["is_genuine"]


def test_the_function_of_the_page_knows_what_is_genuine():
    is_genuine, secret, body = example(), secret_text(SECRET), b'{"type":"story.grew"}'
    headers = signed(SECRET, message_id(1, 42), body, at=datetime.now(UTC))
    assert is_genuine(secret, headers, body)
    assert not is_genuine(secret_text(SECRET[::-1]), headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine(secret, headers | {"webhook-id": message_id(1, 43)}, body)
    assert not is_genuine(secret, headers | {"webhook-timestamp": str(int(time.time()) + 1)}, body)
    assert not is_genuine(secret, {}, body)
    several = {"webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert is_genuine(secret, headers | several, body)


@pytest.mark.parametrize(("minutes", "genuine"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_a_delivery_of_another_time_is_not_genuine(minutes: int, genuine: bool):  # noqa: FBT001
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = signed(SECRET, "samestory-1-1", b"{}", at=at)
    assert example()(secret_text(SECRET), headers, b"{}") is genuine


def test_signatures_are_those_of_the_scheme():
    """The value is what the scheme's own Python library, standardwebhooks 1.1.0, gives."""
    secret = bytes.fromhex("31f290f6bf0a1982ab4ea2cd2073cb20f648a1cb4ba3668b")
    assert secret_text(secret) == "whsec_MfKQ9r8KGYKrTqLNIHPLIPZIoctLo2aL"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at=at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,TZEoZmklLspoikuFOuIX40wJK5jV4qPTYQ84Q+brFMc=",
    }


@pytest.mark.parametrize(
    ("stories", "most", "count"),
    [("", 3, 0), ("abc", 3, 3), ("abcd", 3, 3), ("aba", 3, 2), ("aab", 3, 1), ("ab", 1, 1)],
)
def test_a_round_holds_a_story_once(stories: str, most: int, count: int):
    assert of_different_stories(stories, most) == count


def after(before: Health, *outcomes: Outcome, held: int = 1, now: datetime = NOW) -> Health:
    return after_round(before, outcomes, held=held, now=now, settings=SETTINGS, jitter=0.0)


def test_one_that_gets_through_shows_that_the_receiver_is_up():
    failing = Health(4, NOW - timedelta(days=4), NOW)
    assert after(failing, FAILED, TAKEN, held=9) == Health()


def test_few_failing_stories_do_not_hold_up_the_others_many_do():
    assert after(Health(), FAILED, held=2) == Health(0, NOW)
    down = after(Health(), FAILED, FAILED, FAILED, held=3)
    assert down == Health(1, NOW, NOW + timedelta(seconds=10))
    later = NOW + timedelta(seconds=10)
    assert after(down, FAILED, held=3, now=later) == Health(2, NOW, later + timedelta(seconds=20))
    lasting = after(Health(50, NOW), FAILED, held=3, now=later)
    assert lasting.retry_at == later + timedelta(minutes=5)


def test_after_three_days_of_nothing_else_it_is_paused():
    since = NOW - timedelta(hours=72)
    assert after(Health(0, since + timedelta(seconds=1)), FAILED).pause_reason is None
    assert "answered 500" in str(after(Health(0, since), FAILED).pause_reason)
    assert after(Health(), TAKEN, Outcome(410, "answered 410 Gone")).pause_reason is not None


def test_a_wish_to_be_left_alone_is_granted_within_bounds():
    busy = Outcome(429, "answered 429", timedelta(minutes=2))
    assert after(Health(), busy).retry_at == NOW + timedelta(minutes=2)
    assert after(Health(), TAKEN, busy).retry_at == NOW + timedelta(minutes=2)
    for_long = Outcome(503, "answered 503", timedelta(days=40))
    assert after(Health(), for_long).retry_at == NOW + timedelta(hours=3)


def test_kinds_are_put_in_order_and_checked():
    assert wanted(["split", "grew", "grew"], 2).kinds == ("grew", "split")
    assert wanted(list(KINDS), 0).kinds == KINDS
    with pytest.raises(BadInputError, match="no change is called 'vanished'; known are emerged"):
        wanted(["vanished"], 0)
    with pytest.raises(BadInputError, match="-1 is no number of outlets"):
        wanted([], -1)


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "ftp://example.org/", "http://", "http:///x", "http://[::1", "//x/"),
        *("http://example.org:0/", "http://example.org:99999/", "http://a b/", "http://x/\x00"),
        *("https://user:password@example.org/", "http://x/" + "a" * 3000),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url: str):
    with pytest.raises(BadInputError):
        receiver_url(url)


def test_addresses_stay_as_they_are():
    url = "https://example.org:8443/hook?key=%20value#x"
    assert receiver_url(url) == url
