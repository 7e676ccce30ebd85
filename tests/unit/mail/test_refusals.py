"""Reasons of refused recipients: only a fault of the address stops a subscription."""

import pytest

from service.mail.refusals import Reason, find_reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 no", Reason.ADDRESS),
        ("550 5.2.1 The account is disabled", Reason.ADDRESS),
        ("556 5.1.10 Domain accepts no mail", Reason.ADDRESS),
        ("550 5.4.1 Recipient address rejected: Access denied", Reason.ADDRESS),
        ("550 5.5.0 Requested action not taken: mailbox unavailable", Reason.ADDRESS),
        ("550 5.0.0 User unknown", Reason.ADDRESS),
        ("550 No such user here", Reason.ADDRESS),
        ("553 sorry, that mailbox doesn't exist", Reason.ADDRESS),
        ("550 no", Reason.EMAIL),
        ("550 Your IP address is blocked by policy", Reason.EMAIL),
        ("550 5.7.1 Recipient refused: spam", Reason.EMAIL),
        ("550 5.1.8 Sender address does not exist", Reason.EMAIL),
        ("550 Sender address rejected", Reason.EMAIL),
        ("552 5.2.2 Mailbox full", Reason.EMAIL),
        ("550 5.5.4 unknown parameter", Reason.EMAIL),
        ("550 relay not permitted", Reason.RELAY),
        ("550 Relaying denied", Reason.RELAY),
        ("554 5.7.1 <iris@x.example>: Relay access denied", Reason.RELAY),
        ("530 Authentication required", Reason.LOGIN),
        ("503 5.5.1 Sender already specified", Reason.LOGIN),
    ],
)
def test_only_a_fault_of_the_address_blames_the_address(reply: str, reason: Reason) -> None:
    assert find_reason(int(reply[:3]), reply) is reason
