"""Filters of the front page as plain links: each link changes one parameter of the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.articles.article_types import ArticleType
from service.store.catalogue.choices import Choices
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import (
    TYPE_NAMES,
    country_name,
    distinct,
    language_name,
    with_latin_name,
)
from service.web.rendering.pages import page_url

#: Maximum number of values that a group of links offers.
MAX_VALUES = 15
ORDERS = {"": "Top", "newest": "Newest", "largest": "Largest", "fastest": "Fastest"}
SPANS = {"": "any time", "-3h": "3 hours", "-24h": "24 hours", "-7d": "7 days"}
COVERAGES = {"": "any", "2": "2 or more", "3": "3 or more", "5": "5 or more", "10": "10 or more"}


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link to the page with one value of a filter; the link of a `current` value removes it."""

    label: str
    url: str
    current: bool
    stories: int | None = None  #: stories of this page with the value; None if not counted


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """The values of one filter."""

    label: str
    links: tuple[FilterLink, ...]


def choice_group(
    label: str, name: str, choices: Mapping[str, str], parameters: Mapping[str, Any]
) -> FilterGroup:
    """A group in which exactly one value is current; the value "" removes the parameter."""
    current = str(parameters.get(name, ""))
    return FilterGroup(
        label,
        tuple(
            FilterLink(text, page_url("/", {**parameters, name: value}), value == current)
            for value, text in choices.items()
        ),
    )


def value_groups(
    stories: Sequence[StoryView], parameters: Mapping[str, Any], choices: Choices
) -> tuple[FilterGroup, ...]:
    """Groups with the most frequent values of the stories, and all chosen ones."""
    names = {
        "outlet": dict(choices.outlets),
        "family": dict(choices.families),
        "storyline": dict(choices.storylines),
    }
    counts: dict[str, Counter[str]] = {}
    for story in stories:
        for name, values in _values_of(story).items():
            names[name] = values | names.get(name, {})
            counts.setdefault(name, Counter()).update(dict.fromkeys(values, 1))
    groups = []
    for name, label in _VALUE_GROUPS.items():
        chosen = _chosen(parameters, name)
        known, number_of = names.get(name, {}), counts.get(name, Counter())
        frequent = [value for value, _ in number_of.most_common(MAX_VALUES)]
        links = [
            FilterLink(
                _shown_name(name, value, known.get(value, "")),
                page_url("/", {**parameters, name: _toggled(chosen, value, name)}),
                value in chosen,
                number_of[value] or None,
            )
            for value in distinct([*chosen, *frequent])
        ]
        if links:
            groups.append(FilterGroup(label, tuple(links)))
    return tuple(groups)


def type_group(stories: Sequence[StoryView], parameters: Mapping[str, Any]) -> FilterGroup | None:
    """Types of articles, as conditions of the query language; None if `q` has another text."""
    text = str(parameters.get("q", ""))
    counts = Counter(kind for story in stories for kind in {each.type for each in story.reports})
    conditions = {f"type:{kind}": kind for kind in ArticleType if counts[kind]}
    if not conditions or (text and text not in conditions):
        return None
    links = [
        FilterLink(
            TYPE_NAMES[kind],
            page_url("/", {**parameters, "q": "" if condition == text else condition}),
            condition == text,
            counts[kind],
        )
        for condition, kind in conditions.items()
    ]
    return FilterGroup("Type of a report", tuple(links))


_VALUE_GROUPS = {
    "country": "Country of an outlet",
    "language": "Language of a report",
    "outlet": "Outlet",
    "family": "Owner",
    "storyline": "Storyline",
}
#: Filters that take one value.
_SINGLE = frozenset({"storyline"})


def _values_of(story: StoryView) -> dict[str, dict[str, str]]:
    """The values of a story in each filter, with their display names."""
    outlets = {report.outlet.slug: report.outlet for report in story.reports}
    languages = (each.language for each in story.reports)
    codes = distinct(code.partition("-")[0].lower() for code in languages if code)
    return {
        "country": _named(country_name, (each.country for each in outlets.values())),
        "language": {code: language_name(code) for code in codes},
        "outlet": {slug: outlet.name for slug, outlet in outlets.items()},
        "family": {each.family: each.family for each in outlets.values()},
        "storyline": {story.storyline.id: story.storyline.title} if story.storyline else {},
    }


def _named(name_of: Any, values: Iterable[str | None]) -> dict[str, str]:
    return {value: name_of(value) for value in values if value}


def _shown_name(name: str, value: str, known: str) -> str:
    """Display name of a value; `known` is its stored name, if it has one."""
    if name in {"outlet", "family"}:
        return with_latin_name(known or value, value)
    if name == "country":
        return known or country_name(value)
    return known or (language_name(value) if name == "language" else value)


def _chosen(parameters: Mapping[str, Any], name: str) -> list[str]:
    value = parameters.get(name) or []
    return [value] if isinstance(value, str) else list(value)


def _toggled(chosen: Sequence[str], value: str, name: str) -> list[str]:
    if value in chosen:
        return [each for each in chosen if each != value]
    return [value] if name in _SINGLE else [*chosen, value]
