"""Each outlet that does not count as independent coverage has a reason."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles.article_types import ArticleType
from service.domain.articles.coverage import (
    CountedArticle,
    Uncounted,
    count_coverage,
    find_uncounted,
)
from service.domain.articles.model import Article, ArticleId

FAMILIES = {"sun": "group", "star": "group", "wire": "wire", "daily": "daily", "post": "post"}


def article(
    outlet: str,
    kind: ArticleType = ArticleType.REPORT,
    *,
    copy: bool = False,
    agency: str = "",
) -> CountedArticle:
    return CountedArticle(outlet, FAMILIES[outlet], kind, copy, agency)


def test_reasons():
    found = find_uncounted(
        [
            article("daily"),
            article("wire", agency="wire"),
            article("sun"),
            article("star"),
            article("post", agency="wire"),
        ]
    )
    assert found == {"star": Uncounted.FAMILY, "post": Uncounted.AGENCY}
    assert find_uncounted([article("sun"), article("daily", copy=True)]) == {
        "daily": Uncounted.COPY
    }
    assert find_uncounted([article("sun"), article("daily", ArticleType.OPINION)]) == {
        "daily": Uncounted.TYPE
    }


@given(
    st.lists(
        st.builds(
            article,
            st.sampled_from(sorted(FAMILIES)),
            st.sampled_from([ArticleType.REPORT, ArticleType.OPINION]),
            copy=st.booleans(),
            agency=st.sampled_from(["", "wire"]),
        ),
        unique_by=lambda each: each.outlet,
        max_size=5,
    )
)
def test_outlets_without_a_reason_are_the_independent_coverage(articles: list[CountedArticle]):
    members = [
        Article(number, "Title", outlet=each.outlet, type=each.type)
        for number, each in enumerate(articles)
    ]
    coverage = count_coverage(
        members,
        {number for number, each in enumerate(articles) if each.copy},
        FAMILIES,
        dict[ArticleId, str](
            {number: each.agency for number, each in enumerate(articles) if each.agency}
        ),
    )
    assert coverage.outlets - len(find_uncounted(articles)) == coverage.independent
