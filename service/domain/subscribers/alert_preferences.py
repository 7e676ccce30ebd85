"""What an alert asks for, read from the words of a command or a form."""

from service.domain.subscribers.alerts import Query
from service.domain.subscribers.digest_preferences import coverage, listed
from service.errors import BadInputError


def query(
    *,
    words: str = "",
    entities: str = "",
    outlets: str = "",
    countries: str = "",
    min_independent: int = 1,
) -> Query:
    """A query of lists separated by commas.

    Raises:
        BadInputError: it asks for nothing, or for something that cannot be.
    """
    found = Query(
        words=listed("words", words),
        entities=listed("entities", entities),
        outlets=listed("outlets", outlets),
        countries=listed("countries", countries),
        min_independent=coverage(min_independent),
    )
    if not found:
        raise BadInputError(
            "an alert without words, names, outlets or countries needs a coverage of 2 or more"
        )
    return found
