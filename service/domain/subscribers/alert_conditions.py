"""Parsing of an alert's conditions from the text of a command, a form or an API request."""

from service.domain.subscribers.alerts import AlertConditions, SavedCondition
from service.domain.subscribers.digests.preferences import parse_list, validate_coverage
from service.errors import BadInputError


def parse_conditions(
    *,
    words: str = "",
    entities: str = "",
    outlets: str = "",
    countries: str = "",
    min_independent: int = 1,
    query: str = "",
) -> AlertConditions:
    """Parse comma-separated lists, and the id of a saved query, into the conditions of an alert.

    Raises:
        BadInputError: there is no condition, or a value is invalid.
    """
    parsed = AlertConditions(
        words=parse_list("words", words),
        entities=parse_list("entities", entities),
        outlets=parse_list("outlets", outlets),
        countries=parse_list("countries", countries),
        min_independent=validate_coverage(min_independent),
        saved=SavedCondition(query.strip()) if query.strip() else None,
    )
    if not parsed:
        raise BadInputError(
            "Empty alert: specify words, entities, outlets, countries, a saved query, "
            "or at least 2 independent outlets"
        )
    return parsed
