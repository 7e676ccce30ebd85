"""Totals and facets beside lists: query parameters and schemas."""

from collections.abc import Iterable
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension
from service.store.counts.dimensions import load_names
from service.store.counts.facets import MAX_ITEMS, MAX_VALUES, Facet
from service.store.counts.totals import MAX_EXACT, Total
from service.web.rendering.display_names import value_name
from service.web.rendering.schemas import PageOut
from service.web.requests.parameters.fields import Names, split_names, validate_names

Item = TypeVar("Item")
DIMENSIONS = ", ".join(Dimension)


class SummaryQuery(BaseModel):
    """Query parameters for the total and the facets of a list."""

    total: bool = Field(
        default=False,
        description=f"Also return the number of all items, exact up to {MAX_EXACT:,}.",
    )
    facets: Annotated[Names, validate_names(Dimension)] | None = Field(
        default=None,
        description=f"Comma-separated dimensions, from this list: {DIMENSIONS}. For each of them, "
        f"also return the {MAX_VALUES} most frequent values. Default: none.",
        examples=["outlet,country"],
    )

    @property
    def facet_dimensions(self) -> list[Dimension]:
        """The requested dimensions, each once."""
        return [Dimension(name) for name in split_names(self.facets)]


class TotalOut(BaseModel):
    """Number of all items of a list."""

    count: int
    exact: bool = Field(
        description=f"False if the number is an estimate, because it is above {MAX_EXACT:,}."
    )

    @classmethod
    def of(cls, total: Total) -> Self:
        return cls(count=total.count, exact=total.exact)


class ValueOut(BaseModel):
    """A value of a dimension with its display name."""

    value: str | None = Field(
        description="Slug, id, code or name; null for items without a known value."
    )
    name: str

    @classmethod
    def of(cls, dimension: Dimension, value: str, names: dict[str, str]) -> Self:
        return cls(value=value or None, name=names.get(value) or value_name(dimension, value))


class FacetValueOut(ValueOut):
    """A value of a dimension with its number of items."""

    count: int = Field(description="Number of items of the list with this value.")


class FacetOut(BaseModel):
    """The most frequent values of a dimension among the items of a list."""

    dimension: Dimension
    values: list[FacetValueOut] = Field(description="The most frequent values, largest first.")
    more: bool = Field(description="Whether there are further values.")
    exact: bool = Field(
        description=f"False if the list has {MAX_ITEMS:,} or more items; then only the first ones "
        "are counted."
    )

    @classmethod
    def of(cls, facet: Facet, names: dict[str, str]) -> Self:
        values = [
            FacetValueOut(**dict(ValueOut.of(facet.dimension, value, names)), count=count)
            for value, count in facet.counts.items()
        ]
        return cls(dimension=facet.dimension, values=values, more=facet.more, exact=facet.exact)


class SummarizedPageOut(PageOut[Item], Generic[Item]):
    """One page of a list, with its total and facets if they were requested."""

    total: TotalOut | None = Field(default=None, description="Only with `total=true`.")
    facets: list[FacetOut] | None = Field(default=None, description="Only with `facets`.")


def summary_fields(
    session: Session, total: Total | None, facets: Iterable[Facet]
) -> dict[str, Any]:
    """The fields of a page for its total and facets as JSON, without those not requested.

    At most one statement for each facet.
    """
    fields: dict[str, Any] = {}
    if total is not None:
        fields["total"] = TotalOut.of(total).model_dump()
    if listed := list(facets):
        fields["facets"] = [
            FacetOut.of(each, load_names(session, each.dimension, each.counts)).model_dump()
            for each in listed
        ]
    return fields
