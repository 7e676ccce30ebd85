"""Errors of one feed or page: fetching, parsing, storing."""

import traceback
from pathlib import PurePath

from service.errors.base import SamestoryError
from service.errors.redaction import redact_url, redact_urls


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
