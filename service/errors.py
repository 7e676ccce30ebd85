"""Exceptions of samestory.

SamestoryError                 base class; the message is one line for the user
├── SettingsError              unknown setting, wrong type or value out of range
├── DatabaseError              the database cannot be used
│   ├── DatabaseUnreachableError  no connection
│   ├── DatabaseTooOldError    migrations are missing
│   ├── DatabaseTooNewError    migrated by a newer samestory
│   ├── LockLostError          the run of a job lost its lock
│   ├── DatabaseUnusableError  no pgvector, Postgres below 15, missing tables, read-only
│   └── EmbeddedServerError    the embedded server could not start
├── MaintenanceError           the service is in maintenance mode
├── NotFoundError              no such story, article, outlet …
│   └── HiddenError            hidden by an editor
├── DecisionConflictError      a decision conflicts with earlier active decisions
├── RequestInProgressError     the first request with this Idempotency-Key is still running
├── FeedError                  a feed could not be read; a value in results, not a crash
│   ├── BadUrlError            not an http(s) URL
│   ├── AddressNotAllowedError the host has a private or otherwise blocked address
│   ├── UnreachableError       DNS failure, no route, no response, invalid certificate
│   ├── FeedTimeoutError       no complete response within the time limit
│   ├── RedirectError          too many redirects, a loop, or an invalid target
│   ├── BadStatusError         HTTP error status
│   │   ├── GoneError          410 Gone; the feed is retired
│   │   └── BotProtectionError a page of a bot protection instead of the feed
│   ├── HostBusyError          skipped, because the host requested a pause
│   ├── BrokenResponseError    the response is truncated or malformed
│   ├── EmptyResponseError     the response has no body
│   ├── PageRefusedError       the publisher does not allow the reading of a page
│   ├── TooLargeError          the body exceeds the size limit
│   │   └── DecompressionBombError  only after decompression
│   ├── NotAFeedError          no RSS, Atom, RDF or JSON Feed
│   ├── ParseTimeoutError      parsing exceeded its time limit
│   ├── ParseCrashError        the parser process crashed or ran out of memory
│   └── InternalFeedError      an unexpected error, probably a bug of samestory
├── BadInputError              an invalid file or argument
│   ├── BadLineError           an invalid line of a file
│   ├── AlreadyExistsError     the object to create exists
│   └── IdempotencyKeyReusedError  the Idempotency-Key belongs to another request
├── EncoderError               the embedding model cannot be used
│   ├── ModelChecksumError     the weights have an unexpected checksum
│   ├── ModelMissingError      the model is not installed
│   ├── ModelLoadingError      the model is still loading
│   └── ModelMismatchError     the vectors come from different models
├── PluginError                a plugin is not installed, or failed
├── ExportError                a dump cannot be written
├── DeliveryError              a webhook receiver did not accept a delivery
└── MailError                  an email was not sent
    ├── MailRefusedError       permanently (5xx)
    ├── MailDeferredError      temporarily (4xx), or the connection broke
    └── MailServerError        the server accepts no emails from us

Catch the base class to handle all of them::

    try:
        ...
    except SamestoryError as error:
        print(error)
"""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from service.redaction import redact_url, redact_urls


class SamestoryError(Exception):
    """Base class; `str(error)` is one line for the user."""


class SettingsError(SamestoryError):
    """A setting is unknown, has the wrong type or is out of range."""


class DatabaseError(SamestoryError):
    """The database cannot be used."""


class DatabaseUnreachableError(DatabaseError):
    """No connection to the database."""


class DatabaseTooOldError(DatabaseError):
    """The schema lacks migrations of this version."""


class DatabaseTooNewError(DatabaseError):
    """The schema was migrated by a newer version."""


class LockLostError(DatabaseError):
    """The run of a job lost its lock; another process may run the job."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The run lost its lock: {reason}; the next run repeats its work")
        self.reason = reason


class DatabaseUnusableError(DatabaseError):
    """The server lacks pgvector, is older than Postgres 15, or rejects a statement."""


class EmbeddedServerError(DatabaseError):
    """The embedded server could not be set up or started."""


class MaintenanceError(SamestoryError):
    """The service is in maintenance mode and changes nothing; the message gives the reason."""


class NotFoundError(SamestoryError):
    """No object with this key exists; with a `message`, the reason is another one."""

    def __init__(self, noun: str, key: object, message: str | None = None) -> None:
        super().__init__(message or f"{noun.capitalize()} {key!s} not found")
        self.noun = noun
        self.key = key
        self._has_message = message is not None

    def with_remedy(self, lists: Mapping[str, str]) -> str:
        """The message with the command or path, by noun, that lists the objects."""
        if self._has_message or self.noun not in lists:
            return str(self)
        return f"{self}. For a list, see: {lists[self.noun]}"


class HiddenError(NotFoundError):
    """An editor hid the object; it is not served until the decision is undone."""

    def __init__(self, noun: str, key: object) -> None:
        shown = f"{noun.capitalize()} {key!s}"
        super().__init__(noun, key, f"{shown} is hidden by an editor: undo the decision to show it")


class DecisionConflictError(SamestoryError):
    """A decision conflicts with active decisions.

    `decisions` are their ids, `messages` describe them in the same order.
    """

    def __init__(self, decisions: Sequence[int], messages: Sequence[str]) -> None:
        commands = ", ".join(f"samestory stories undo {number}" for number in decisions)
        super().__init__(f"Conflicts with {'; '.join(messages)}. To resolve, run: {commands}")
        self.decisions = tuple(decisions)
        self.messages = tuple(messages)


class RequestInProgressError(SamestoryError):
    """The first request with this Idempotency-Key is still running."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"A request with Idempotency-Key {key} is still in progress; retry in a second"
        )
        self.key = key


class FeedError(SamestoryError):
    """A feed could not be read. The failure is recorded on the feed; other feeds continue."""

    kind = "feed"

    def __init__(self, url: str, detail: str) -> None:
        """Redact the URL and the URLs in the detail, because errors reach logs and readers."""
        self.url, self.detail = redact_url(url), redact_urls(detail)
        super().__init__(f"{self.url}: {self.detail}")


class BadUrlError(FeedError):
    """The feed URL is not an absolute http or https URL."""

    kind = "bad_url"


class AddressNotAllowedError(FeedError):
    """A host on the way has a private, loopback or otherwise blocked address."""

    kind = "address_not_allowed"


class UnreachableError(FeedError):
    """No connection: unknown host, no route, refused, reset, or an invalid certificate."""

    kind = "unreachable"


class FeedTimeoutError(FeedError):
    """No complete response within the time limit."""

    kind = "timeout"


class RedirectError(FeedError):
    """Too many redirects, a loop, or a redirect without a valid target."""

    kind = "redirect"


class BadStatusError(FeedError):
    """The server responded with an error status."""

    kind = "bad_status"

    def __init__(self, url: str, detail: str, status: int = 0) -> None:
        super().__init__(url, detail)
        self.status = status


class GoneError(BadStatusError):
    """410 Gone: the outlet removed the feed permanently."""

    kind = "gone"


class BotProtectionError(BadStatusError):
    """A bot protection sent the response instead of the server; the message names it."""

    kind = "bot_protection"


class HostBusyError(FeedError):
    """Request skipped: the host sent Retry-After or a rate limit status."""

    kind = "host_busy"


class BrokenResponseError(FeedError):
    """The response is truncated, contradictory, or has an unknown content encoding."""

    kind = "broken_response"


class EmptyResponseError(FeedError):
    """The response has no body."""

    kind = "empty"


class PageRefusedError(FeedError):
    """The publisher does not allow the reading of a page; a temporary refusal may end."""

    kind = "refused"

    def __init__(self, url: str, detail: str, *, temporary: bool = False) -> None:
        super().__init__(url, detail)
        self.temporary = temporary


class TooLargeError(FeedError):
    """The body exceeds the size limit; the rest was not read."""

    kind = "too_large"


class DecompressionBombError(TooLargeError):
    """The body exceeds the size limit after decompression; the rest was not decompressed."""

    kind = "decompression_bomb"


class NotAFeedError(FeedError):
    """The body is not a readable RSS, Atom, RDF or JSON Feed."""

    kind = "not_a_feed"


class ParseTimeoutError(FeedError):
    """Parsing exceeded its time limit."""

    kind = "parse_timeout"


class ParseCrashError(FeedError):
    """The parser process crashed or ran out of memory."""

    kind = "parse_crash"


class InternalFeedError(FeedError):
    """An unexpected error while the feed was fetched, parsed or stored; probably a bug."""

    kind = "internal"

    @classmethod
    def from_exception(cls, url: str, step: str, error: Exception) -> "InternalFeedError":
        """Describe an exception by step, type, message and line of code."""
        message = next(iter(str(error).splitlines()), "")
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "site-packages" not in frame.filename]
        place = f" ({PurePath(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
        return cls(url, f"Unexpected error while {step}: {type(error).__name__}: {message}{place}")


class BadInputError(SamestoryError):
    """A file or an argument is invalid."""


class BadLineError(BadInputError):
    """A line of a file is invalid."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class AlreadyExistsError(BadInputError):
    """The object to create exists."""


class IdempotencyKeyReusedError(BadInputError):
    """The Idempotency-Key was used for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key} was used for another request; send a new key")
        self.key = key


class ComputeError(SamestoryError):
    """Processes or a cluster could not compute a result."""


class EncoderError(SamestoryError):
    """The embedding model cannot be used."""


class ModelChecksumError(EncoderError):
    """The checksum of the weights is unexpected."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{path}: sha256 is {actual}, expected {expected};"
            " reinstall the package that contains this file"
        )
        self.path = path
        self.expected = expected
        self.actual = actual


class ModelMissingError(EncoderError):
    """The model is not installed and could not be downloaded."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"Cannot load the model {model!r}: {reason}")
        self.model = model
        self.reason = reason


class ModelLoadingError(EncoderError):
    """The model is still loading."""

    def __init__(self) -> None:
        super().__init__("The embedding model is loading; retry in a few seconds")


class ModelMismatchError(EncoderError):
    """Vectors of different models cannot be compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"Cannot compare vectors of the models {one!r} and {other!r};"
            " compute both with one model"
        )
        self.one = one
        self.other = other


class PluginError(SamestoryError):
    """A plugin is not installed or failed; the message names it."""

    def __init__(self, group: str, name: str, reason: str) -> None:
        super().__init__(f"Plugin {name} (samestory.{group}): {reason}")
        self.group = group
        self.name = name

    @classmethod
    def from_exception(cls, group: str, name: str, error: Exception) -> "PluginError":
        """The error of a plugin that raised an exception."""
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return cls(group, name, reason)


class ExportError(SamestoryError):
    """A dump cannot be written; the message gives the reason."""


class DeliveryError(SamestoryError):
    """A webhook receiver did not accept a delivery; `status` is its HTTP status, if any."""

    def __init__(self, url: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status


class MailError(SamestoryError):
    """An email was not sent; `code` is the SMTP reply code, if any."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class MailRefusedError(MailError):
    """The server rejected the email permanently; `address_at_fault` if it rejected the address."""

    def __init__(self, reason: str, code: int, *, address_at_fault: bool) -> None:
        super().__init__(reason, code)
        self.address_at_fault = address_at_fault


class MailDeferredError(MailError):
    """The server did not accept the email now; a later attempt may succeed."""


class MailServerError(MailError):
    """The server is unreachable or accepts no emails from us; further attempts are pointless."""
