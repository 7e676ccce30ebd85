"""Coverage of a story: number of outlets, and of independently reporting ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType

from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId

#: The counted outlets, for descriptions of fields and options.
INDEPENDENT_OUTLETS = (
    "outlets with a report that is not a copy; a publisher family counts once, and so does the text "
    "of a news agency"
)
_NONE: Mapping[ArticleId, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of outlets; `independent` counts publisher families with a report that is not a copy.

    Articles of other types, such as live pages and opinion, count only as coverage. The text of one
    news agency counts once, however many outlets print it.
    """

    outlets: int
    independent: int


@dataclass(frozen=True, slots=True)
class AgencyText:
    """Reports with the text of one news agency, from the agency itself or from other outlets."""

    name: str
    slug: str  #: of the agency's outlet; empty if the catalogue has none
    articles: tuple[ArticleId, ...]


def count_coverage(
    articles: Sequence[Article],
    copies: Collection[ArticleId] = (),
    families: Mapping[str, str] | None = None,
    agency_of: Mapping[ArticleId, str] = _NONE,
) -> Coverage:
    """Count the outlets of a story's articles.

    `families` maps outlets to their owners, and `agency_of` articles to the agency whose text they
    print. If all reports are copies, their common source counts as one independent outlet. Without
    any report the independent coverage is 0.
    """
    owners = families or {}
    outlets = {article.outlet for article in articles if article.outlet}
    reports = [each for each in articles if each.outlet and each.type.is_independent_report]
    sources = (agency_of.get(each.id, each.outlet) for each in reports if each.id not in copies)
    independent = {owners.get(source) or source for source in sources}
    return Coverage(len(outlets), max(len(independent), 1 if reports else 0))


class Uncounted(StrEnum):
    """Why an outlet does not add to the independent coverage."""

    TYPE = auto()  #: it has no report, only articles of other types
    COPY = auto()  #: its reports are copies
    AGENCY = auto()  #: it prints agency text that counts already
    FAMILY = auto()  #: another outlet of its publisher family counts already


@dataclass(frozen=True, slots=True)
class CountedArticle:
    """What decides whether an article counts; `agency` is the family whose text it prints."""

    outlet: str
    family: str
    type: ArticleType
    copy: bool
    agency: str = ""


def find_uncounted(articles: Sequence[CountedArticle]) -> dict[str, Uncounted]:
    """Return the outlets that do not add to the independent coverage of a story, with the reason.

    Of the outlets with one source, that of the first article counts. If all reports are copies,
    the outlet of the first one counts.
    """
    counted: set[str] = set()
    reasons: dict[str, Uncounted] = {}
    all_copies = all(each.copy for each in articles if each.type.is_independent_report)
    for outlet in dict.fromkeys(each.outlet for each in articles):
        reports = [
            each for each in articles if each.outlet == outlet and each.type.is_independent_report
        ]
        own = [each for each in reports if not each.copy or (all_copies and not counted)]
        new = {each.agency or each.family for each in own} - counted
        if new:
            counted |= new
        elif not reports:
            reasons[outlet] = Uncounted.TYPE
        elif not own:
            reasons[outlet] = Uncounted.COPY
        else:
            has_agency = all(each.agency for each in own)
            reasons[outlet] = Uncounted.AGENCY if has_agency else Uncounted.FAMILY
    return reasons


def credit_agencies(
    articles: Sequence[Article],
    originals: Mapping[ArticleId, ArticleId],
    credits_of: Mapping[ArticleId, str],
) -> dict[ArticleId, str]:
    """Return the agency whose text each article prints, by article.

    An article of an agency prints the agency's own text. Any other article prints the text of the
    agency that the article, its original or one of its copies credits. `credits_of` maps articles
    to the agency they credit.
    """
    agency_of = {each.id: each.outlet for each in articles if each.agency} | {**credits_of}
    for copy, original in originals.items():
        if copy in agency_of:
            agency_of.setdefault(original, agency_of[copy])
    for copy, original in originals.items():
        if original in agency_of:
            agency_of.setdefault(copy, agency_of[original])
    return agency_of


def list_agency_texts(
    articles: Sequence[Article], agency_of: Mapping[ArticleId, str], names: Mapping[str, str]
) -> list[AgencyText]:
    """List the agencies whose text other outlets print; `names` maps slugs of outlets to names."""
    articles_of: dict[str, list[Article]] = {}
    for each in articles:
        if each.id in agency_of:
            articles_of.setdefault(agency_of[each.id], []).append(each)
    return [
        AgencyText(
            names.get(agency, agency),
            agency if agency in names else "",
            tuple(each.id for each in printed),
        )
        for agency, printed in sorted(articles_of.items())
        if any(each.outlet != agency for each in printed)
    ]
