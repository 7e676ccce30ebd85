"""`samestory subscribers report`: process a bounce or complaint email."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.commands.running.store import open_store
from service.errors import BadInputError
from service.mail.bounces import parse_report
from service.store.subscribers import deliveries, subscribers

#: Bytes of a report that are read. The returned email at its end may be cut off.
MAX_BYTES = 1 << 20


def report(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="Raw email file, or - for standard input.")
    ] = "-",
) -> None:
    """Process a bounce or a complaint: stop all emails to the recipient of the original email.

    For temporary bounces and other emails, the command changes nothing and exits with 0. With
    another exit code, the mail server would return the email to its sender.
    """
    parsed = parse_report(_read_email(source))
    if parsed is None:
        print("The input is not a bounce or complaint report; nothing changed")
        return
    with open_store() as store, store.sessions.begin() as session:
        subscriber_id = deliveries.find_recipient(session, parsed.message_id)
        if subscriber_id is None:
            print(f"This service did not send {parsed.message_id}; nothing changed")
            return
        before = subscribers.get(session, subscriber_id)
        if parsed.stops:
            subscribers.stop(
                session,
                subscriber_id,
                parsed.reason,
                now=store.clock(),
                bounced=not parsed.complaint,
                complaint=parsed.complaint,
            )
        after = subscribers.get(session, subscriber_id)
    print(f"{before.address}: {parsed.reason}; state {before.state} before, {after.state} now")


def _read_email(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(MAX_BYTES)
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise BadInputError(f"{source}: {error.strerror}") from error
