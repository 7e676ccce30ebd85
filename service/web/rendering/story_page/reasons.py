"""Why a report is in its story, in words: from the stored evidence and from both texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.editing.questions import CERTAIN
from service.domain.locales.codes import primary_subtag
from service.domain.stories.wording.shared_words import find_shared_words
from service.store.story_views.reports import Member, OutletInfo
from service.web.rendering.story_page.evidence import Evidence, read_evidence

#: Names and numbers that a reason shows.
MAX_NAMES, MAX_NUMBERS = 4, 2
#: From this probability on, a membership is very likely.
VERY_LIKELY = 0.9
#: Contributions to the log odds, from which on texts are similar, and titles share words.
SIMILAR, SAME_TITLE_WORDS = 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Reason:
    """The most similar report, what both have in common, and the probability in words."""

    outlet: OutletInfo | None  #: of the most similar report; None if it left the story
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    similarity: str  #: such as "similar texts"; may be empty
    apart: timedelta | None  #: time between both reports; None without exact times
    level: str  #: "very likely", "likely" or "uncertain"; empty without a score


def find_reasons(shown: Iterable[Member], members: Sequence[Member]) -> Mapping[int, Reason]:
    """Reasons by article, for the reports with a score; `members` are all of the story."""
    by_id = {each.report.article_id: each for each in members}
    reasons = {}
    for member in shown:
        evidence = read_evidence(member.membership.evidence if member.membership else {})
        if evidence.editor is None and (evidence.nearest or evidence.score is not None):
            nearest = by_id.get(evidence.nearest[0].article) if evidence.nearest else None
            reasons[member.report.article_id] = _reason(member, nearest, evidence)
    return reasons


def _reason(member: Member, nearest: Member | None, evidence: Evidence) -> Reason:
    level = "" if evidence.score is None else describe_probability(evidence.score)
    if nearest is None:
        return Reason(None, (), (), "", None, level)
    report, other = member.report, nearest.report
    shared = find_shared_words((report.title, member.lead), (other.title, nearest.lead))
    exact = all(each.published and not each.day_only for each in (report, other))
    return Reason(
        outlet=other.outlet,
        names=shared.names[:MAX_NAMES],
        numbers=shared.numbers[:MAX_NUMBERS],
        similarity=_describe_similarity(
            evidence,
            same_language=primary_subtag(report.language) == primary_subtag(other.language),
        ),
        apart=abs(report.reported_at - other.reported_at) if exact else None,
        level=level,
    )


def describe_probability(probability: float) -> str:
    """A probability in words; editors are asked about uncertain memberships.

    It is rounded to percent before, as the page shows it.
    """
    shown = round(probability, 2)
    if shown >= VERY_LIKELY:
        return "very likely"
    return "likely" if shown >= CERTAIN else "uncertain"


def _describe_similarity(evidence: Evidence, *, same_language: bool) -> str:
    values = {each.feature: each.value for each in evidence.nearest[0].contributions}
    if values.get("dense", 0.0) < SIMILAR:
        return ""
    if not same_language:
        return "similar content in another language"
    shared = values.get("title", 0.0) >= SAME_TITLE_WORDS
    return "similar texts" + (", same words in the titles" if shared else "")
