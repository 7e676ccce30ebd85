"""Reasons of refused emails: the address, the email, or the settings of relay and login.

Enhanced status codes (RFC 3463) take precedence. Many servers send none; then the words of the
reply decide. An address that is not named as the reason keeps its subscription.
"""

import re
from enum import StrEnum, auto

#: An enhanced status code. 5.0.0 and 4.0.0 state no reason.
_STATUS = re.compile(r"\b[45]\.(?!0\.0\b)\d{1,3}\.\d{1,3}\b")
#: Bad mailbox, domain or syntax; moved, no mail server, disabled.
_ADDRESS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
#: Reply codes to a client that must first log in, or whose commands are out of order.
_LOGIN_CODES = frozenset({503, 530, 535})
_RELAY_WORDS = re.compile(r"\brelay|\bauthentication (?:is )?required\b", re.IGNORECASE)
_POLICY_WORDS = re.compile(
    r"\bsender\b|\bblock|\bblack ?list|\bpolic|\bspam\b|\breputation\b|\bip\b|\brate\b|\blimit"
    r"|\bfull\b|\bquota\b",
    re.IGNORECASE,
)
_ADDRESS_WORDS = re.compile(
    r"\buser\b|\bmailbox\b|\brecipient\b|\baccount\b|\baddress\b|\bno such\b"
    r"|\bdoes(?: not|n['’]t) exist\b",
    re.IGNORECASE,
)


class Reason(StrEnum):
    """The part that a server rejects when it refuses an email."""

    ADDRESS = auto()  #: emails to it must stop
    EMAIL = auto()  #: this email only
    RELAY = auto()  #: the server does not forward emails for this service
    LOGIN = auto()  #: the server accepts no email before a login


def find_reason(code: int, reply: str) -> Reason:
    """The reason of a permanent reply to the recipient's address (RCPT TO)."""
    if code in _LOGIN_CODES:
        return Reason.LOGIN
    if _RELAY_WORDS.search(reply):
        return Reason.RELAY
    status = find_status(reply)
    if status in _ADDRESS:
        return Reason.ADDRESS
    if is_policy(status) or status.startswith("5.1."):
        return Reason.EMAIL
    names_address = _ADDRESS_WORDS.search(reply) and not _POLICY_WORDS.search(reply)
    return Reason.ADDRESS if names_address else Reason.EMAIL


def find_status(text: str) -> str:
    """The first enhanced status code that states a reason; "" without one."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def is_policy(status: str) -> bool:
    """Whether a status states a policy or security reason, which is not the address's fault."""
    return status.startswith("5.7.")
