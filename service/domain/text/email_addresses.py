"""What is taken for an email address."""

import re

from service.errors import BadInputError

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
#: RFC 5321: of the whole, and of what stands before the @.
_LONGEST, _LONGEST_LOCAL = 254, 64


def mail_address(text: str) -> str:
    """An address that every server takes; domains in other scripts become ASCII.

    Raises:
        BadInputError: it is none.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        found = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        found = ""
    if not _ADDRESS.fullmatch(found) or len(found) > _LONGEST or len(local) > _LONGEST_LOCAL:
        raise BadInputError(f"{text!r} is no email address such as reader@example.org")
    return found
