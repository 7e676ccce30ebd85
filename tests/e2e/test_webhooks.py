"""CLI `samestory webhooks`."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Shell
from tests.support.servers.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.slow

LOOPBACK = {"SAMESTORY_WEBHOOKS__ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


def test_webhook_lifecycle_on_the_command_line(migrated_shell: Shell, receiver: WebhookReceiver):
    added = migrated_shell.call(
        "webhooks", "add", receiver.url, "--kind", "merged", "--min-coverage", "3"
    )
    assert added.returncode == 0, added.stderr
    [secret] = re.findall(r"whsec_\S+", added.stdout)
    assert "merged, at least 3 outlets" in added.stdout
    listed = migrated_shell.call("webhooks", "list", "--json").stdout
    assert secret not in listed
    [webhook] = json.loads(listed)
    assert (webhook["url"], webhook["kinds"], webhook["state"]) == (
        receiver.url,
        ["merged"],
        "active",
    )
    tried = migrated_shell.call("webhooks", "test", "1", env=LOOPBACK)
    assert tried.stdout == f"{receiver.url} responded with 204\n"
    closed = migrated_shell.call("webhooks", "test", "1")
    assert (closed.returncode, "webhooks.allow_networks" in closed.stderr) == (1, True)
    changed = migrated_shell.call(
        "webhooks", "set", "1", "--kind", "all", "--min-coverage", "0", "--pause"
    )
    assert "  paused  all; delivered up to change 0" in changed.stdout, changed.stderr
    assert "[paused manually]" in changed.stdout
    moved = migrated_shell.call(
        "webhooks", "set", "1", "--url", f"{receiver.url}/2", "--kind", "split"
    )
    assert f"{receiver.url}/2  paused  split; " in moved.stdout, moved.stderr
    assert migrated_shell.call("webhooks", "set", "1").returncode == 2
    assert "active" in migrated_shell.call("webhooks", "resume", "1").stdout
    rotated = migrated_shell.call("webhooks", "secret", "1")
    [new] = re.findall(r"whsec_\S+", rotated.stdout)
    assert new != secret
    assert migrated_shell.call("webhooks", "remove", "1").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "nowhere"), "Invalid URL 'nowhere'"),
        (("test", "99"), "Webhook 99 not found"),
        (("set", "99", "--pause"), "Webhook 99 not found"),
        (("secret", "99"), "Webhook 99 not found"),
        (("set", "99", "--kind", "born"), "Webhook 99 not found"),
    ],
)
def test_errors_are_printed_in_one_line(
    migrated_shell: Shell, arguments: tuple[str, ...], reason: str
):
    failed = migrated_shell.call("webhooks", *arguments)
    assert failed.returncode == 1
    assert failed.stderr.startswith("samestory: ")
    assert reason in failed.stderr
    assert failed.stderr.count("\n") == 1
