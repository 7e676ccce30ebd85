"""Query parameters of pages: empty fields of a form are dropped, unknown ones are rejected."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

#: A name with at least this `difflib` ratio to a known one counts as mistyped; the names that
#: advertisers append have lower ratios.
SIMILAR = 0.75


class FormQuery(BaseModel):
    """Base of the query parameters of a page with a form."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, fields: Any) -> Any:
        given = {
            name: [each for each in value if each] if isinstance(value, list) else value
            for name, value in dict(fields).items()
        }
        return {name: value for name, value in given.items() if value not in ("", [])}

    def given(self) -> dict[str, Any]:
        """The parameters that differ from their defaults, as JSON values, without the cursor."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"cursor"})


def explain_ignored(given: Iterable[str], known: Collection[str]) -> str:
    """Sentence about the first unknown parameter that resembles a known one, else "".

    Some pages ignore unknown parameters, because other sites append parameters to their links.
    Without this sentence, a list with a mistyped filter would look filtered.
    """
    for name in given:
        near = [] if name in known else get_close_matches(name[:40], known, n=1, cutoff=SIMILAR)
        if near:
            return f"The parameter {name[:40]} is unknown and was ignored: did you mean {near[0]}?"
    return ""
