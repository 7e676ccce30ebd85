"""Event filter of a webhook: transition kinds and minimum coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.stories.transitions import TRANSITION_KINDS
from service.domain.text.nearest import suggest
from service.errors import BadInputError


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The transitions that are sent to a webhook."""

    kinds: tuple[str, ...] = ()  #: of `TRANSITION_KINDS`; empty means all
    min_coverage: int = 0  #: outlets of the story right after the transition
    query: str | None = None  #: id of a saved query that the story must match


def parse_event_filter(
    kinds: Sequence[str], min_coverage: int, query: str | None = None
) -> EventFilter:
    """Validate the input and drop repeated kinds.

    Raises:
        BadInputError: a kind is unknown, or the coverage is negative or too large.
    """
    if unknown := [kind for kind in kinds if kind not in TRANSITION_KINDS]:
        raise BadInputError(
            f"Unknown kind {unknown[0]!r}: expected one of {', '.join(TRANSITION_KINDS)}; "
            f"{suggest(unknown[0], dict.fromkeys(TRANSITION_KINDS, ''))}"
        )
    if not 0 <= min_coverage < 1 << 31:
        raise BadInputError(f"Invalid min_coverage {min_coverage}: expected 0 to {(1 << 31) - 1}")
    known = tuple(kind for kind in TRANSITION_KINDS if kind in kinds)
    return EventFilter(known, min_coverage, query or None)
