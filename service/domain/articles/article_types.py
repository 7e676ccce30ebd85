"""Types of articles: reports, and other kinds that count and are quoted differently."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from service.domain.articles import type_evidence as evidence
from service.domain.articles import type_parts as parts
from service.domain.text.phrases import Phrases

#: Numbers of characters of a title and of a text that are searched.
_TITLE_CHARACTERS, _LEAD_CHARACTERS = 500, 1200


class ArticleType(StrEnum):
    """Kind of an article; a `report` is news about one event."""

    REPORT = "report"  #: news about one event or subject; the default
    LIVE = "live"  #: page that its outlet updates during an event
    ROUNDUP = "roundup"  #: several unrelated events in one article, bulletin or newsletter
    OPINION = "opinion"  #: opinion, analysis and reviews, also as a newsletter with one subject
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


@dataclass(frozen=True, slots=True)
class _Signs:
    """The parts of an article that may show its type.

    `text` is the title and the lead, without quotations.
    """

    title: str
    text: str
    title_parts: tuple[str, ...]
    byline_parts: tuple[str, ...]
    url_names: frozenset[str]
    slugs: str  #: the same names, one a line
    categories: frozenset[str]

    def is_newsletter(self) -> bool:
        """Whether the article is an edition of a newsletter, or comes from one."""
        names = [*self.url_names, *self.categories, *self.title_parts]
        return bool(
            evidence.NEWSLETTER.search("\n".join(names))
            or evidence.NEWSLETTER_TEXT.search(self.text)
        )

    def is_column(self) -> bool:
        """Whether the byline is that of a column, or the title begins with the author's name."""
        if not evidence.OPINION_BYLINES.isdisjoint(self.byline_parts):
            return True
        names = (author.split() for author in self.byline_parts)
        signatures = {
            name for words in names if len(words) > 1 for name in (" ".join(words), words[-1])
        }
        return len(self.title_parts) > 1 and self.title_parts[0] in signatures

    def has_several_subjects(self) -> bool:
        """Whether title or lead of a newsletter lists several subjects."""
        return bool(evidence.SEVERAL_SUBJECTS.search(self.text))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The evidence for one type; see `type_evidence`."""

    type: ArticleType
    sections: frozenset[str]
    marks: frozenset[str]
    phrases: Phrases | None = None
    slugs: Phrases | None = None
    texts: Phrases | None = None
    beginnings: re.Pattern[str] | None = None
    in_categories: bool = True
    marks_anywhere: bool = True

    def is_in(self, signs: _Signs) -> bool:
        """Whether any sign of the article shows this type."""
        names = signs.url_names | signs.categories if self.in_categories else signs.url_names
        return (
            not self.sections.isdisjoint(names)
            or not self.marks.isdisjoint(signs.title_parts[: None if self.marks_anywhere else 1])
            or bool(self.phrases and self.phrases.search(signs.title))
            or bool(self.slugs and self.slugs.search(signs.slugs))
            or bool(self.beginnings and self.beginnings.match(signs.text))
            or bool(self.texts and self.texts.search(signs.text))
        )


#: In order of precedence: the first type with evidence wins. A weekly gallery is a round-up; a
#: video of a commentator is opinion. Categories such as Live and Video, and "video" at the end of a
#: title, often mean a subject or a part of a report.
_EVIDENCE = (
    _Evidence(
        ArticleType.SPONSORED,
        evidence.SPONSORED_SECTIONS,
        evidence.SPONSORED_MARKS,
        phrases=evidence.SPONSORED_PHRASES,
    ),
    _Evidence(ArticleType.SATIRE, evidence.SATIRE_SECTIONS, evidence.SATIRE_MARKS),
    _Evidence(
        ArticleType.LIVE,
        evidence.LIVE_SECTIONS,
        evidence.LIVE_MARKS,
        phrases=evidence.LIVE_PHRASES,
        slugs=evidence.LIVE_SLUGS,
        in_categories=False,
    ),
    _Evidence(
        ArticleType.SERIES,
        evidence.SERIES_SECTIONS,
        evidence.SERIES_MARKS,
        phrases=evidence.SERIES_PHRASES,
        slugs=evidence.SERIES_SLUGS,
    ),
    _Evidence(
        ArticleType.ROUNDUP,
        evidence.ROUNDUP_SECTIONS,
        evidence.ROUNDUP_MARKS,
        phrases=evidence.ROUNDUP_PHRASES,
        texts=evidence.ROUNDUP_TEXTS,
    ),
    _Evidence(
        ArticleType.OPINION,
        evidence.OPINION_SECTIONS,
        evidence.OPINION_MARKS,
        phrases=evidence.OPINION_PHRASES,
        slugs=evidence.OPINION_SLUGS,
        texts=evidence.OPINION_TEXTS,
        beginnings=evidence.OPINION_BEGINNINGS,
    ),
    _Evidence(
        ArticleType.MEDIA,
        evidence.MEDIA_SECTIONS,
        evidence.MEDIA_MARKS,
        phrases=evidence.MEDIA_PHRASES,
        in_categories=False,
        marks_anywhere=False,
    ),
)
_NEWSLETTER_FORMS = (ArticleType.OPINION, ArticleType.MEDIA, None)


def classify(
    title: str,
    url: str = "",
    *,
    categories: Iterable[str] = (),
    text: str = "",
    author: str = "",
    outlet_type: ArticleType | None = None,
    recurring: bool = False,
) -> ArticleType:
    """Return the type of an article; REPORT without clear evidence of another one.

    Args:
        title: the headline, with or without the outlet's name after it.
        url: canonical URL or link; its path contains the section of the outlet.
        categories: the names of the entry's `<category>` elements.
        text: the lead; only its first words are used.
        author: the byline.
        outlet_type: the usual type of the outlet's articles (field `article_type` of the
            catalogue); None for an ordinary outlet. Satire applies to all its articles. Other
            types apply to its articles without evidence for another type.
        recurring: whether the outlet repeats the headline on other days, apart from numbers and
            dates (`service.domain.pairs.series.recurring_articles`).
    """
    if outlet_type is ArticleType.SATIRE:
        return outlet_type
    title = title[:_TITLE_CHARACTERS]
    url_names = frozenset(parts.url_names(url))
    signs = _Signs(
        parts.normalize(title),
        parts.without_quotations(f"{title}\n{text[:_LEAD_CHARACTERS]}"),
        tuple(parts.title_parts(title)),
        tuple(parts.byline_parts(author)),
        url_names,
        "\n".join(sorted(url_names)),
        frozenset(name for each in categories for name in parts.category_names(each)),
    )
    detected = next((each.type for each in _EVIDENCE if each.is_in(signs)), None)
    if detected in _NEWSLETTER_FORMS and signs.is_newsletter():
        return ArticleType.ROUNDUP if signs.has_several_subjects() else ArticleType.OPINION
    if detected is None and signs.is_column():
        return ArticleType.OPINION
    if detected is None and recurring:
        is_bulletin = evidence.BULLETIN_WORDS.search(signs.title)
        return ArticleType.ROUNDUP if is_bulletin else ArticleType.SERIES
    return detected or outlet_type or ArticleType.REPORT
