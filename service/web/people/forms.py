"""Forms of signed-in people: CSRF tokens and fields.

A form changes something only if it contains the token of the session. Another site cannot read that
token. The cookie is also SameSite, and browsers mark requests of other sites.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from service.domain.editing.effects import MAX_ID
from service.errors import BadInputError
from service.web.pages.subscriptions import FormDep
from service.web.people.pages import Person
from service.web.requests.other_sites import reject_other_site

#: Name of the hidden field with the token.
TOKEN_FIELD = "form_token"  # noqa: S105  # a name
INVALID_TOKEN = "This form is out of date. Reload the page, then send it again"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Form:
    """Fields of a submitted form, without surrounding spaces."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """The first value of a field; empty if it is missing."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def ids(self, name: str) -> list[int]:
        """Ids in all values of a field; raises BadInputError for another text."""
        return [_parse_id(name, value.strip()) for value in self.fields.get(name, ())]

    def id(self, name: str) -> int:
        """The id in a field; raises BadInputError if it is missing or invalid."""
        return _parse_id(name, self.text(name))


def _parse_id(name: str, value: str) -> int:
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_ID))
    if not digits or not 0 < int(value) <= MAX_ID:
        raise BadInputError(f"Invalid {name} {value[:40]!r}: expected an id")
    return int(value)


def verify_form(request: Request, person: Person, fields: FormDep) -> Form:
    """Dependency: the form of a signed-in person.

    Raises:
        HTTPException: 403, the token is wrong or another site sent the form.
    """
    verify_token(request, person.form_token, next(iter(fields.get(TOKEN_FIELD, ())), ""))
    return Form(fields)


def verify_token(request: Request, expected: str, given: str) -> None:
    """Check the token of a form; raises HTTPException (403)."""
    reject_other_site(request)
    if not expected or not secrets.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(403, INVALID_TOKEN)


PostedForm = Annotated[Form, Depends(verify_form)]
