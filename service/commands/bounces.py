"""`samestory subscribers report`: what mail servers send back later."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.commands.running.wiring import open_context
from service.errors import BadInputError
from service.mail.bounces import read_report
from service.settings import load as settings_module
from service.store.subscribers import editions, subscribers

#: Bytes of a report that are read; its end is the email that it returns.
LARGEST = 1 << 20


def report(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="An email as it came; - reads it from a pipe.")
    ] = "-",
) -> None:
    """Stop delivery after a bounce or a complaint, as a mailbox hands it over.

    An email that is no report, or about none of our emails, changes nothing and is no error: the
    mail server would send an error on to whoever wrote it.
    """
    found = read_report(_content(source))
    if found is None:
        print("no report about an email: nothing was changed")
        return
    with open_context(settings_module.load()) as context, context.sessions.begin() as session:
        owner = editions.recipient_of(session, found.message_id)
        if owner is None:
            print(f"a report about no email of ours, {found.message_id}: nothing was changed")
            return
        reader = subscribers.get(session, owner)
        if found.stops:
            subscribers.stop(session, owner, found.reason, bounced=not found.complaint)
        after = subscribers.get(session, owner)
    print(f"{reader.address}: {found.reason}; {reader.state} before, {after.state} now")


def _content(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(LARGEST)
    try:
        with Path(source).open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise BadInputError(f"{source}: {error.strerror}") from error
