"""Query parameters of pages: empty fields of a form are dropped, unknown ones are rejected."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


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
