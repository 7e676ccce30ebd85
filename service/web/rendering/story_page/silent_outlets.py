"""Outlets, countries and languages without a report of a story."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from service.domain.locales.codes import primary_subtag
from service.store.counts.missing_coverage import CataloguedOutlet
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import country_name, distinct, language_name

#: With fewer active outlets, their number says nothing about who does not report a story.
MIN_ACTIVE = 3


@dataclass(frozen=True, slots=True)
class SilentOutlets:
    """The outlets that were active in the time of a story and have no report of it.

    `countries` and `languages` are display names: those of the silent outlets that no report of
    the story has. Outlets have slug and name.
    """

    active: int
    outlets: tuple[tuple[str, str], ...]
    inactive: tuple[tuple[str, str], ...]  #: catalogued outlets without any article in that time
    countries: tuple[str, ...]
    languages: tuple[str, ...]

    @property
    def has_few_active(self) -> bool:
        """Too few outlets are active to say who does not report the story."""
        return self.active < MIN_ACTIVE


def find_silent_outlets(
    story: StoryView, catalogued: Sequence[CataloguedOutlet], frequent: Collection[str]
) -> SilentOutlets:
    """Find the active outlets without a report; those with a slug in `frequent` come first."""
    reporting = {each.outlet.slug for each in story.reports}
    others = [each for each in catalogued if each.slug not in reporting]
    silent = [each for each in others if each.active]
    silent.sort(key=lambda each: each.slug not in frequent)
    countries = {each.outlet.country for each in story.reports}
    languages = {primary_subtag(each.language) for each in story.reports}
    return SilentOutlets(
        active=len(silent) + len(reporting),
        outlets=tuple((each.slug, each.name) for each in silent),
        inactive=tuple((each.slug, each.name) for each in others if not each.active),
        countries=_sorted_names(
            country_name(each.country)
            for each in silent
            if each.country and each.country not in countries
        ),
        languages=_sorted_names(
            language_name(each.language)
            for each in silent
            if each.language and primary_subtag(each.language) not in languages
        ),
    )


def _sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(distinct(names)))
