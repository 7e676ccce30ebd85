"""`/v1/articles`: list of articles, and one article."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.field_types import (
    MAX_FILTER_VALUES,
    MAX_IDS,
    ArticleTypes,
    ShortText,
)
from service.domain.queries.parameters import (
    EXCLUDES,
    TIME_FORMS,
    Countries,
    Languages,
    QueryText,
    QueryTime,
    Texts,
)
from service.domain.stories.filters import read_parameters
from service.store.articles import views
from service.store.articles.views import ArticleDetail, ArticleFilter, ArticleOrder
from service.store.catalogue.known_names import require_known_ids
from service.store.counts.facets import count_article_facets
from service.store.counts.totals import count_rows
from service.store.identity import keys
from service.store.story_views.views import StoryName
from service.web.api.counts.list_summary import SummarizedPageOut, SummaryQuery, summary_fields
from service.web.middleware.etags import ETagSession
from service.web.rendering import links
from service.web.rendering.article_schemas import MemberOut
from service.web.rendering.schemas import (
    PageOut,
)
from service.web.requests.parameters.fields import (
    Names,
    fields_parameter,
    json_response,
    or_partial,
    or_partial_page,
    page_response,
    validate_fields,
)
from service.web.requests.parameters.queries import read_query
from service.web.requests.parameters.types import BigInt, Cursor, CursorText, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/articles", tags=["articles"], responses=PROBLEM_RESPONSES)

CURSORS = {
    ArticleOrder.NEWEST: Cursor("articles", AwareDatetime, BigInt),
    ArticleOrder.OLDEST: Cursor("articles/oldest", AwareDatetime, BigInt),
}


#: Parameters that are shorthand for a query.
QUERY_PARAMETERS = (
    "query",
    "q",
    "since",
    "until",
    "outlet",
    "family",
    "country",
    "language",
    "storyline",
    "type",
    "as_of",
)
#: The URL of an article.
Link = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class StoryRef(BaseModel):
    """Id, headline and path of a story."""

    id: str
    headline: str
    url: str = Field(
        description="Path of the story in this API.", examples=["/v1/stories/g6eppbxpoc"]
    )

    @classmethod
    def of(cls, story: StoryName | None) -> Self | None:
        if story is None:
            return None
        return cls(id=story.id, headline=story.headline, url=links.story_api_path(story.id))


class ArticleDetailOut(MemberOut):
    """An article with its story."""

    feed: int = Field(description="Id of the feed with the article.")
    story: StoryRef | None = Field(description="Story of the article; null if it is in no story.")

    @classmethod
    def of_detail(cls, article: ArticleDetail) -> Self:
        fields = dict(MemberOut.of(article.member))
        return cls(**fields, feed=article.feed_id, story=StoryRef.of(article.story))


ArticleFields = Annotated[
    Names, validate_fields(ArticleDetailOut), fields_parameter("id,title,outlet,story")
]


class ArticleFilterQuery(BaseModel):
    """Filters and order of the article list."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[list[BigInt], Field(max_length=MAX_IDS)] = Field(
        [], description=f"Ids of articles, at most {MAX_IDS}; only these articles."
    )
    url: Annotated[list[Link], Field(max_length=MAX_FILTER_VALUES)] = Field(
        [],
        description="URLs of articles at their outlets, with or without tracking parameters; only "
        "these articles.",
        examples=[["https://harbour-times.example/ferry-strikes-pier"]],
    )
    q: QueryText | None = Field(
        None,
        description="Text in the query language: words, phrases, and conditions on the article or "
        "its story.",
        examples=["ferry -strike"],
    )
    query: ShortText | None = Field(
        None, description="Id of a saved query, which must match, too.", examples=["harbour"]
    )
    since: QueryTime | None = Field(
        None, description=f"Only articles reported at this time or later. {TIME_FORMS}"
    )
    until: QueryTime | None = Field(None, description="Only articles reported before this time.")
    outlet: Texts = Field([], description=f"Slugs of outlets; matches any of them. {EXCLUDES}")
    family: Texts = Field(
        [], description=f"Slugs of publisher families; matches any of them. {EXCLUDES}"
    )
    country: Countries = Field(
        [],
        description=f"ISO 3166-1 codes of the outlets' countries; matches any of them. {EXCLUDES}",
    )
    language: Languages = Field(
        [],
        description="ISO 639 codes; matches any of them. For articles of unknown language, the "
        f"language of their outlet counts. {EXCLUDES}",
    )
    story: ShortText | None = Field(
        None, description="Id of a story; only articles that are in it now."
    )
    storyline: ShortText | None = Field(
        None, description="Id of a storyline; only articles of its stories."
    )
    first: bool = Field(
        default=False,
        description="True: only articles that certainly are the first report of their story.",
    )
    feed: BigInt | None = Field(None, description="Id of a feed; only its articles.")
    copies: bool | None = Field(
        None, description="True: only copies. False: no copies. Default: both."
    )
    sort: ArticleOrder = Field(
        ArticleOrder.NEWEST, description="`newest` or `oldest` first, by report time."
    )
    type: ArticleTypes = Field([], description="Types of articles; matches any of them.")
    as_of: QueryTime | None = Field(
        None,
        description="Only articles that were known at this time, with the titles, leads and stories "
        "of that time. Words of `q` match the present texts. Default: the current state.",
    )

    def filter(self, request: Request, session: Session) -> ArticleFilter:
        """The filter conditions; up to four statements for each URL.

        Raises:
            BadInputError: a value of the query is invalid or does not exist.
        """
        require_known_ids(session, story=self.story, feed=self.feed)
        query = read_query(request, session, read_parameters(self, QUERY_PARAMETERS))
        article_ids = (keys.find_article(session, url) for url in self.url)
        ids = (*self.id, *(article_id for article_id in article_ids if article_id is not None))
        return ArticleFilter(
            query,
            story=self.story,
            feed=self.feed,
            copies=self.copies,
            ids=ids if self.id or self.url else None,
            first=self.first,
        )


class ArticleQuery(ArticleFilterQuery, SummaryQuery):
    """Query parameters of the article list."""

    limit: Limit = 50
    cursor: CursorText | None = None
    fields: ArticleFields | None = None


@router.get(
    "", response_model=or_partial_page(SummarizedPageOut[ArticleDetailOut], ArticleDetailOut)
)
def list_articles(
    request: Request, session: ETagSession, query: Annotated[ArticleQuery, Query()]
) -> Response:
    """List articles by report time, except hidden ones."""
    filters = query.filter(request, session)
    cursor = CURSORS[query.sort]
    page = views.list_articles(
        session,
        filters,
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [ArticleDetailOut.of_detail(article) for article in page.items]
    summary = _summarize(session, query, filters)
    return page_response(PageOut(items=items, next=cursor.encode(page.next)), query.fields, summary)


def _summarize(session: Session, query: ArticleQuery, filters: ArticleFilter) -> dict[str, Any]:
    """The total and the facets of the list, if they are requested."""
    if not query.total and not query.facets:
        return {}
    ids = views.select_article_ids(session, filters, sort=query.sort)
    total = count_rows(session, ids.order_by(None)) if query.total else None
    return summary_fields(
        session,
        total,
        count_article_facets(session, ids, query.facet_dimensions, as_of=filters.query.time),
    )


@router.get(
    "/{article_id}", response_model=or_partial(ArticleDetailOut), responses=NOT_FOUND_RESPONSE
)
def get_article(
    session: ETagSession,
    article_id: Annotated[BigInt, Path(description="Id of the article.")],
    fields: Annotated[ArticleFields | None, Query()] = None,
) -> Response:
    """Get one article with its story."""
    return json_response(ArticleDetailOut.of_detail(views.get_article(session, article_id)), fields)
