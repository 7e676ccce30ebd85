"""Query parameters of exports: the filters and orders of the lists, and the format."""

from typing import Annotated

from pydantic import Field

from service.domain.field_types import ShortText
from service.domain.queries.parameters import QueryText, QueryTime
from service.domain.stories.filters import PastStoryFilter, Sort
from service.web.api.articles import ArticleDetailOut, ArticleFilterQuery
from service.web.api.catalogue.feeds import FeedFields, FeedFilterQuery
from service.web.api.catalogue.outlets import OutletFields, OutletFilterQuery
from service.web.api.export.streaming import ExportQuery
from service.web.api.stories.query import Include, StoryFields
from service.web.api.stories.storylines import StorylineFilterQuery, StorylineSummaryFields
from service.web.requests.parameters.fields import Names, fields_parameter, validate_names
from service.web.requests.parameters.types import BigInt

#: Fields of an exported article.
ARTICLE_FIELDS = [name for name in ArticleDetailOut.model_fields if name != "evidence"]


class StoryExportQuery(PastStoryFilter, ExportQuery):
    """Query parameters of a story export."""

    sort: Sort = Field(default=Sort.RANK, description="Order of the stories.")
    fields: StoryFields | None = None
    include: Include | None = None


class ArticleExportQuery(ArticleFilterQuery, ExportQuery):
    """Query parameters of an article export."""

    fields: (
        Annotated[Names, validate_names(ARTICLE_FIELDS), fields_parameter("id,title,outlet,story")]
        | None
    ) = None


class OutletExportQuery(OutletFilterQuery, ExportQuery):
    """Query parameters of an outlet export."""

    fields: OutletFields | None = None


class FeedExportQuery(FeedFilterQuery, ExportQuery):
    """Query parameters of a feed export."""

    fields: FeedFields | None = None


class StorylineExportQuery(StorylineFilterQuery, ExportQuery):
    """Query parameters of a storyline export."""

    fields: StorylineSummaryFields | None = None


class ChangeExportQuery(ExportQuery):
    """Query parameters of an export of changes."""

    q: QueryText | None = Field(
        default=None,
        description="Only changes of stories that match this text in the query language.",
        examples=["independent:3.."],
    )
    query: ShortText | None = Field(
        default=None,
        description="Only changes of stories that match this saved query.",
        examples=["harbour"],
    )
    as_of: QueryTime | None = Field(
        default=None, description="Only changes up to this time, of stories that matched then."
    )
    since: BigInt = Field(default=0, description="Only changes with ids above this number.")
