"""Webhook rules: signatures, batches, retries, pausing, event filters, target URLs."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.domain.stories.transitions import TRANSITION_KINDS
from service.domain.webhooks.event_filter import parse_event_filter
from service.domain.webhooks.retries import (
    DeliveryOutcome,
    RetryPolicy,
    WebhookHealth,
    count_independent,
    update_health,
)
from service.domain.webhooks.signing import format_secret, message_id, sign
from service.domain.webhooks.target_url import parse_target_url
from service.errors import BadInputError
from service.settings.load import load

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = b"a secret of thirty-two bytes ..."
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POLICY = RetryPolicy.from_settings(load({}).webhooks)
ACCEPTED, FAILED = DeliveryOutcome(204), DeliveryOutcome(500, "returned 500")


def example() -> Callable[[str, dict[str, str], bytes], bool]:
    """The verification function in the documentation."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, names)  # noqa: S102  # our own documentation
    return names["is_genuine"]


def test_documented_function_verifies_signatures():
    is_genuine, secret, body = example(), format_secret(SECRET), b'{"type":"story.grew"}'
    headers = sign(SECRET, message_id(1, 42), body, at=datetime.now(UTC))
    assert is_genuine(secret, headers, body)
    assert not is_genuine(format_secret(SECRET[::-1]), headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine(secret, headers | {"webhook-id": message_id(1, 43)}, body)
    assert not is_genuine(secret, headers | {"webhook-timestamp": str(int(time.time()) + 1)}, body)
    assert not is_genuine(secret, {}, body)
    several = {"webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert is_genuine(secret, headers | several, body)


@pytest.mark.parametrize(("minutes", "genuine"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_documented_function_rejects_old_timestamps(minutes: int, genuine: bool):  # noqa: FBT001
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = sign(SECRET, "samestory-1-1", b"{}", at=at)
    assert example()(format_secret(SECRET), headers, b"{}") is genuine


def test_signature_matches_standard_webhooks():
    """Expected value from the reference library, standardwebhooks 1.1.0."""
    secret = bytes.fromhex("31f290f6bf0a1982ab4ea2cd2073cb20f648a1cb4ba3668b")
    assert format_secret(secret) == "whsec_MfKQ9r8KGYKrTqLNIHPLIPZIoctLo2aL"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at=at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,TZEoZmklLspoikuFOuIX40wJK5jV4qPTYQ84Q+brFMc=",
    }


@pytest.mark.parametrize(
    ("stories", "limit", "count"),
    [("", 3, 0), ("abc", 3, 3), ("abcd", 3, 3), ("aba", 3, 2), ("aab", 3, 1), ("ab", 1, 1)],
)
def test_batch_contains_a_story_once(stories: str, limit: int, count: int):
    assert count_independent(stories, limit) == count


def after(
    before: WebhookHealth, *outcomes: DeliveryOutcome, blocked: int = 1, now: datetime = NOW
) -> WebhookHealth:
    return update_health(
        before, outcomes, blocked_stories=blocked, now=now, policy=POLICY, jitter=0.0
    )


def test_one_success_resets_the_health():
    failing = WebhookHealth(4, NOW - timedelta(days=4), NOW)
    assert after(failing, FAILED, ACCEPTED, blocked=9) == WebhookHealth()


def test_webhook_waits_only_if_several_stories_fail():
    assert after(WebhookHealth(), FAILED, blocked=2) == WebhookHealth(0, NOW)
    down = after(WebhookHealth(), FAILED, FAILED, FAILED, blocked=3)
    assert down == WebhookHealth(1, NOW, NOW + timedelta(seconds=10))
    later = NOW + timedelta(seconds=10)
    assert after(down, FAILED, blocked=3, now=later) == WebhookHealth(
        2, NOW, later + timedelta(seconds=20)
    )
    long_down = after(WebhookHealth(50, NOW), FAILED, blocked=3, now=later)
    assert long_down.next_attempt_at == later + timedelta(minutes=5)


def test_webhook_is_paused_after_three_days_or_status_410():
    since = NOW - timedelta(hours=72)
    assert after(WebhookHealth(0, since + timedelta(seconds=1)), FAILED).pause_reason is None
    assert "returned 500" in str(after(WebhookHealth(0, since), FAILED).pause_reason)
    assert (
        after(WebhookHealth(), ACCEPTED, DeliveryOutcome(410, "returned 410 Gone")).pause_reason
        is not None
    )


def test_retry_after_is_respected_up_to_the_maximum_delay():
    busy = DeliveryOutcome(429, "returned 429", timedelta(minutes=2))
    assert after(WebhookHealth(), busy).next_attempt_at == NOW + timedelta(minutes=2)
    assert after(WebhookHealth(), ACCEPTED, busy).next_attempt_at == NOW + timedelta(minutes=2)
    for_long = DeliveryOutcome(503, "returned 503", timedelta(days=40))
    assert after(WebhookHealth(), for_long).next_attempt_at == NOW + timedelta(hours=3)


def test_kinds_are_validated_and_sorted():
    assert parse_event_filter(["split", "grew", "grew"], 2).kinds == ("grew", "split")
    assert parse_event_filter(list(TRANSITION_KINDS), 0).kinds == TRANSITION_KINDS
    with pytest.raises(BadInputError, match="Unknown kind 'vanished': expected one of emerged"):
        parse_event_filter(["vanished"], 0)
    with pytest.raises(BadInputError, match="Invalid min_coverage -1"):
        parse_event_filter([], -1)


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "ftp://example.org/", "http://", "http:///x", "http://[::1", "//x/"),
        *("http://example.org:0/", "http://example.org:99999/", "http://a b/", "http://x/\x00"),
        *("https://user:password@example.org/", "http://x/" + "a" * 3000),
    ],
)
def test_invalid_target_url_is_rejected(url: str):
    with pytest.raises(BadInputError):
        parse_target_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://a b/", "percent-encode spaces"),
        ("http://example.org:99999/", "port from 1 to 65535"),
        ("http://x/" + "a" * 3000, "longer than 2000"),
        ("http://10.0.0.1%2eexample.org/", "host name is invalid"),
        ("https://a..b/", "host name is invalid"),
        (f"https://{'a' * 64}.example/", "host name is invalid"),
        ("https://-a.example/", "host name is invalid"),
        ("ftp://example.org/", "expected an http or https URL"),
    ],
)
def test_error_names_the_fault_of_the_target_url(url: str, reason: str):
    with pytest.raises(BadInputError, match=reason):
        parse_target_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org:8443/hook?key=%20value#x",
        "http://my_receiver:80/",
        "http://[::1]:80/",
        "http://bücher.example/",
    ],
)
def test_target_url_is_unchanged(url: str):
    assert parse_target_url(url) == url
