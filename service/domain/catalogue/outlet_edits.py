"""What an admin may change of an outlet, and what the configuration says beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.text.codes import country_code, language_code
from service.errors import BadInputError

#: Everything else about an outlet is the configuration's alone.
FACTS = ("name", "family", "country", "language", "agency")
#: Facts that are codes; an outlet may lack them.
CODES = ("country", "language")
_LONGEST = 200

Fact = str | bool | None
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Edited:
    """An outlet after an edit."""

    facts: Facts  #: all of `FACTS`, as they are from now on
    configured: Facts  #: what the configuration says of those that are edited


def edited(present: Facts, configured: Facts, wanted: Facts) -> Edited:
    """Change some facts; one that gets the value of the configuration is no longer edited.

    `configured` tells what the configuration says of facts that were edited before.
    """
    says = {**present, **configured}
    facts = {**present, **wanted}
    back = {name for name in wanted if wanted[name] == says[name]}
    held = (configured.keys() | wanted.keys()) - back
    return Edited(facts, {name: says[name] for name in FACTS if name in held})


def restored(present: Facts, configured: Facts) -> Edited:
    """Take all edits back."""
    return Edited({**present, **configured}, {})


def checked(wanted: Facts) -> Facts:
    """The same facts as they are stored: names trimmed, codes in their usual case.

    Raises:
        BadInputError: one of them is no name or no code; it is named with the remedy.
    """
    return {name: _checked(name, value) for name, value in wanted.items()}


def _checked(name: str, value: Fact) -> Fact:
    if isinstance(value, bool) or (value is None and name in CODES):
        return value
    text = " ".join((value or "").split())
    if name == "country":
        return country_code(text)
    if name == "language":
        return language_code(text)
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise BadInputError(f"the {name} must be 1 to {_LONGEST} printable letters")
    return text
