"""Times in tool arguments, relative to the end of the news."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcp.server.mcpserver.exceptions import ToolError
from samestory_client import Client

from service.domain.search.time_expressions import is_relative, parse_time

#: A store whose latest report is older than this is not live.
LIVE_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class TimeReader:
    """Reads time arguments. A relative time needs a request for the latest report."""

    clock: Callable[[], datetime]

    def read(self, client: Client, *texts: str | None) -> list[datetime | None]:
        """Return the UTC time of each text; None for None.

        Relative times count back from now. In a store that is not live, they count back from the
        latest report.

        Raises:
            ToolError: a text is not a time.
        """
        return self._read(client, texts, self.clock())

    def read_with_state(
        self, client: Client, since: str | None, until: str | None, as_of: str | None
    ) -> list[datetime | None]:
        """Return the UTC times of a period and of a state.

        With `as_of`, a relative `since` or `until` counts back from that time, so that the period
        ends with the news known then.

        Raises:
            ToolError: a text is not a time.
        """
        [state] = self.read(client, as_of)
        return [*self._read(client, (since, until), state or self.clock()), state]

    def _read(
        self, client: Client, texts: Sequence[str | None], now: datetime
    ) -> list[datetime | None]:
        if any(text is not None and is_relative(text) for text in texts):
            now = _find_end_of_news(client, now)
        try:
            return [None if text is None else parse_time(text, now) for text in texts]
        except ValueError as error:
            raise ToolError(str(error)) from error


def _find_end_of_news(client: Client, now: datetime) -> datetime:
    latest = client.articles_page(limit=1, until=now).items
    is_live = not latest or now - latest[0].reported_at <= LIVE_FOR
    return now if is_live else latest[0].reported_at
