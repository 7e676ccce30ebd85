"""Near misses of an alert: stories that almost match its conditions, each with the reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.domain.locales.names import country_name
from service.domain.search.word_forms import normalize, split_words
from service.domain.search.word_match import LanguageText, WordIndex
from service.domain.subscribers.alerts import AlertConditions, failed_conditions, matches
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters, apply_mutes, find_muted_reason

#: Minimum letters that two similar words have in common at their beginning.
_MIN_COMMON_LETTERS = 4


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A story and the reason why the alert does not report it."""

    story: DigestStory
    reason: str


def find_near_misses(
    stories: Iterable[DigestStory], conditions: AlertConditions, filters: Filters, *, limit: int
) -> list[NearMiss]:
    """The first stories that miss only one of the conditions, or only because of mutes."""
    misses: list[NearMiss] = []
    for story in stories:
        if len(misses) == limit:
            break
        if reason := _explain(story, conditions, filters):
            misses.append(NearMiss(story, reason))
    return misses


def _explain(story: DigestStory, conditions: AlertConditions, filters: Filters) -> str:
    """Reason of a near miss; "" for a match and for a story that misses by more."""
    failed = failed_conditions(story, conditions)
    if not failed:
        return _explain_mute(story, conditions, filters)
    return _explain_failure(story, conditions, failed[0]) if len(failed) == 1 else ""


def _explain_failure(story: DigestStory, conditions: AlertConditions, field: str) -> str:
    """Reason why a story misses one condition; "" if they have nothing in common."""
    if field == "words":
        return next(_similar_words(story, conditions.words), "")
    if field == "entities":
        return next(_longer_names(story, conditions.entities), "")
    if not (conditions.words or conditions.entities):
        return ""
    countries = sorted(country_name(each) for each in conditions.countries)
    return {
        "outlets": f"no report from {', '.join(sorted(conditions.outlets))}",
        "countries": f"no report from an outlet in {', '.join(countries)}",
        "query": f"it does not match the saved query {conditions.saved.id if conditions.saved else ''}",
        "min_independent": f"{story.independent} of {conditions.min_independent} independent outlets",
    }[field]


def _explain_mute(story: DigestStory, conditions: AlertConditions, filters: Filters) -> str:
    if reason := find_muted_reason(story, filters):
        return reason
    unmuted = apply_mutes(story, filters)
    if unmuted is None:
        return "no report is left after the muted outlets, countries and languages"
    if not matches(unmuted, conditions):
        return "the match is in the reports of muted outlets or countries"
    return ""


def _similar_words(story: DigestStory, phrases: frozenset[str]) -> Iterator[str]:
    """Reasons of phrases whose words a story has in another order or form."""
    titles = (story.headline, *story.keywords, *story.names, *(r.title for r in story.reports))
    spellings = {normalize(each.spelling): each.spelling for t in titles for each in split_words(t)}
    for phrase in sorted(phrases):
        words = [each.spelling for each in split_words(phrase)]
        if len(words) > 1 and all(story.words.find(frozenset({each})) for each in words):
            yield f"the words of “{phrase}” occur, but not side by side"
        for word in map(normalize, words if len(words) == 1 else ()):
            beginning = word[: max(len(word) - 2, _MIN_COMMON_LETTERS)]
            for form, spelling in spellings.items():
                if (word in form and len(word) > 1) or (
                    len(beginning) >= _MIN_COMMON_LETTERS and form.startswith(beginning)
                ):
                    yield f"“{spelling}” is not a form of “{phrase}”"


def _longer_names(story: DigestStory, names: frozenset[str]) -> Iterator[str]:
    """Reasons of names that are a part of a name in a story."""
    for name in story.names:
        part = WordIndex([LanguageText(name, story.language)]).find(names)
        if part is not None:
            yield f"the name is “{name}”, not “{part}”"
