"""Notes beside outlets that do not add to the independent coverage of a story."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.domain.articles.coverage import CountedArticle, Uncounted, find_uncounted
from service.store.story_views.reports import Member, OutletInfo, Report
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import TYPE_NAMES, outlets_by_slug

SAME_OWNER = "same owner"
_NOTES = {
    Uncounted.COPY: "copy",
    Uncounted.AGENCY: "agency text",
    Uncounted.FAMILY: SAME_OWNER,
}
#: Notes that change with the number of outlets.
_PLURALS = {"copy": "copies", "live page": "live pages", "round-up": "round-ups"}


def uncounted_notes(story: StoryView) -> dict[str, str]:
    """Why outlets do not count, such as "copy", by slug; outlets that count are missing."""
    # An agency counts as its publisher family, as a report of its own outlet does.
    family_of = {each.outlet.slug: each.outlet.family for each in story.reports}
    agencies = {
        key: family_of.get(each.slug, each.slug or each.name)
        for each in story.details.agencies
        for key in each.articles
    }
    reasons = find_uncounted(
        [
            CountedArticle(
                each.outlet.slug,
                each.outlet.family,
                each.type,
                each.copy,
                agencies.get(each.article_id, ""),
            )
            for each in story.reports
        ]
    )
    type_of = {each.outlet.slug: each.type for each in reversed(story.reports)}
    return {
        slug: _NOTES.get(reason) or TYPE_NAMES[type_of[slug]].lower()
        for slug, reason in reasons.items()
    }


@dataclass(frozen=True, slots=True)
class Partner:
    """The outlet that explains why another outlet does not count.

    It is a counted outlet of the same owner, or else the outlet with the original of a copy.
    """

    outlet: OutletInfo
    same_owner: bool


def find_partners(
    story: StoryView, members: Iterable[Member], notes: Mapping[str, str]
) -> dict[str, Partner]:
    """The partners of outlets that do not count, by the slug of the outlet that does not count."""
    counted: dict[str, OutletInfo] = {}
    for each in story.reports:
        if each.outlet.slug not in notes:
            counted.setdefault(each.outlet.family, each.outlet)
    owners = {
        each.outlet.slug: Partner(counted[each.outlet.family], same_owner=True)
        for each in story.reports
        if notes.get(each.outlet.slug) == SAME_OWNER and each.outlet.family in counted
    }
    outlet_of = {each.article_id: each.outlet for each in story.reports}
    copied = {
        each.report.outlet.slug: Partner(outlet, same_owner=False)
        for each in members
        if each.original
        and notes.get(each.report.outlet.slug) == _NOTES[Uncounted.COPY]
        and (outlet := outlet_of.get(each.original.article_id))
        and outlet != each.report.outlet
    }
    return owners | copied


def summarise_notes(notes: Mapping[str, str]) -> str:
    """How many outlets have each note, such as "3 copies, 1 opinion"; empty notes do not count."""
    counts = Counter(filter(None, notes.values())).most_common()
    return ", ".join(_count(note, count) for note, count in counts)


def list_counted(story: StoryView, notes: Mapping[str, str]) -> list[OutletInfo]:
    """The outlets that count as independent, by first report; `notes` are `uncounted_notes`."""
    outlets = outlets_by_slug(story.reports)
    return [outlet for slug, outlet in outlets.items() if slug not in notes]


def group_notes(
    notes: Mapping[str, str], reports: Iterable[Report], partners: Mapping[str, Partner]
) -> list[tuple[str, list[tuple[OutletInfo, Partner | None]]]]:
    """Each note with its number, such as "3 copies", and its outlets, most first.

    Beside each outlet stands its partner, or None.
    """
    outlet_of = outlets_by_slug(reports)
    outlets: dict[str, list[tuple[OutletInfo, Partner | None]]] = {}
    for slug, note in notes.items():
        outlets.setdefault(note, []).append((outlet_of[slug], partners.get(slug)))
    grouped = sorted(outlets.items(), key=lambda item: -len(item[1]))
    return [(_count(note, len(members)), members) for note, members in grouped]


def _count(note: str, count: int) -> str:
    return f"{count} {_PLURALS.get(note, note) if count > 1 else note}"
