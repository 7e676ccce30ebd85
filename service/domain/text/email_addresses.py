"""Validation and normalization of email addresses."""

import re

from service.errors import BadInputError

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
#: RFC 5321 limits for the whole address and for the local part (before the @).
_MAX_CHARACTERS, _MAX_LOCAL_CHARACTERS = 254, 64


def normalize_email(text: str) -> str:
    """Return the address without surrounding spaces and with its domain in ASCII (IDNA).

    Raises:
        BadInputError: the text is not a valid address.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        address = ""
    too_long = len(address) > _MAX_CHARACTERS or len(local) > _MAX_LOCAL_CHARACTERS
    if too_long or not _ADDRESS.fullmatch(address):
        raise BadInputError(
            f"Invalid email address {text!r}: expected an address such as reader@example.org"
        )
    return address
