"""Values that an operator sets for one feed; they replace those of settings and documents."""

from dataclasses import dataclass
from datetime import timedelta

from service.domain.urls.canonical import is_web_url
from service.errors import BadInputError
from service.errors.redaction import redact_input

#: Shortest and longest interval, minutes.
MIN_INTERVAL, MAX_INTERVAL = 1.0, 43_200.0
MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class FeedOverrides:
    """Overrides of a feed; None means no override."""

    charset: str | None = None  #: codec of its documents
    fetch_url: str | None = None  #: address to fetch instead of the URL of the feed
    user_agent: str | None = None
    interval_minutes: float | None = None  #: between two fetches without errors

    @property
    def interval(self) -> timedelta | None:
        """The interval between two fetches without errors."""
        return None if self.interval_minutes is None else timedelta(minutes=self.interval_minutes)


def check_overrides(overrides: FeedOverrides) -> None:
    """Check all values except the charset; raise BadInputError with the first invalid one."""
    if overrides.fetch_url is not None and not is_web_url(overrides.fetch_url):
        shown = redact_input(overrides.fetch_url)
        raise BadInputError(f"Invalid URL {shown!r}: expected an http or https URL")
    agent = overrides.user_agent
    if agent is not None and not (agent.isascii() and agent.isprintable()):
        raise BadInputError(f"Invalid user agent {agent!r}: expected printable ASCII characters")
    for name, text in (("URL", overrides.fetch_url), ("user agent", agent)):
        if text is not None and len(text) > MAX_CHARACTERS:
            raise BadInputError(
                f"Invalid {name}: {len(text)} characters, expected at most {MAX_CHARACTERS}"
            )
    minutes = overrides.interval_minutes
    if minutes is not None and not MIN_INTERVAL <= minutes <= MAX_INTERVAL:
        raise BadInputError(
            f"Invalid interval {minutes:g}: expected {MIN_INTERVAL:g} to {MAX_INTERVAL:g} minutes"
        )
