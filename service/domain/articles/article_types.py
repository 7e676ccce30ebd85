"""Types of articles: reports, and other kinds that count and are quoted differently."""

from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit


class ArticleType(StrEnum):
    """Kind of an article, by its form."""

    REPORT = "report"  #: news about one event or subject; the default
    LIVE = "live"  #: page that its outlet extends while an event goes on
    ROUNDUP = "roundup"  #: round-up or newsletter: several unrelated events in one article
    OPINION = "opinion"  #: opinion or analysis
    SATIRE = "satire"  #: invented or mocking
    SPONSORED = "sponsored"  #: paid content, and shopping advice that earns a commission
    MEDIA = "media"  #: gallery, video or podcast
    SERIES = "series"  #: recurring column of fixed form: puzzle, horoscope, weather, lottery

    @property
    def joins_stories(self) -> bool:
        """Whether an article of this type may be a member of a story."""
        return self is not ArticleType.ROUNDUP

    @property
    def is_independent_report(self) -> bool:
        """Whether an article of this type counts in the independent coverage of a story."""
        return self is ArticleType.REPORT

    @property
    def is_quotable(self) -> bool:
        """Whether summaries may quote a sentence of an article of this type as a fact."""
        return self is ArticleType.REPORT


def classify(
    title: str,
    url: str = "",
    *,
    categories: Iterable[str] = (),
    text: str = "",
    outlet_type: ArticleType | None = None,
    recurring: bool = False,
) -> ArticleType:
    """Return the type of an article; REPORT without clear evidence of another one.

    Args:
        title: the headline, with or without the outlet's name after it.
        url: canonical URL or link; its path contains the section of the outlet.
        categories: the names of the entry's `<category>` elements.
        text: the lead; only its first words are used.
        outlet_type: the type of all articles of the outlet (field `article_type` of the catalogue),
            such as satire; None for an ordinary outlet.
        recurring: whether the outlet repeats the headline on other days, apart from numbers and
            dates (`service.domain.pairs.series.recurring_articles`).
    """
    del title, text
    if outlet_type is not None:
        return outlet_type
    names = {name.lower() for name in (*urlsplit(url).path.split("/"), *categories)}
    sections = {
        "opinion": ArticleType.OPINION,
        "live": ArticleType.LIVE,
        "newsletters": ArticleType.ROUNDUP,
        "video": ArticleType.MEDIA,
    }
    found = [kind for name, kind in sections.items() if name in names]
    if found:
        return found[0]
    return ArticleType.SERIES if recurring else ArticleType.REPORT
