"""Reports of a story by outlet: copies under their original, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.store.story_views.reports import Member, OutletInfo
from service.store.story_views.views import StoryView

#: Reports on a page, without the copies under them.
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A report and its copies in the story."""

    member: Member
    copies: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class OutletReports:
    """The reports of one outlet on a page; `delay` is that of its first report, if it is known."""

    outlet: OutletInfo
    delay: timedelta | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page of the reports; `page_of` has the page of each article, also of copies."""

    groups: tuple[OutletReports, ...]
    number: int
    pages: int
    page_of: Mapping[int, int]


def page_reports(story: StoryView, members: Sequence[Member], number: int) -> ReportPage:
    """Page `number` (from 1) of the members, which are in chronological order.

    The outlet with the first report comes first. A number beyond the last page gives the last one.
    """
    entries = _group_by_outlet(_fold_copies(members))
    pages = [entries[at : at + PAGE_SIZE] for at in range(0, len(entries), PAGE_SIZE)] or [[]]
    number = min(max(number, 1), len(pages))
    delays = {each.outlet: each.delay for each in story.details.delays}
    groups: dict[str, list[Entry]] = {}
    for entry in pages[number - 1]:
        groups.setdefault(entry.member.report.outlet.slug, []).append(entry)
    return ReportPage(
        tuple(
            OutletReports(each[0].member.report.outlet, delays.get(slug), tuple(each))
            for slug, each in groups.items()
        ),
        number,
        len(pages),
        {
            member.report.article_id: page
            for page, content in enumerate(pages, 1)
            for entry in content
            for member in (entry.member, *entry.copies)
        },
    )


def _fold_copies(members: Sequence[Member]) -> list[Entry]:
    """Put copies under the original that is not a copy of another member."""
    by_id = {member.report.article_id: member for member in members}
    copies: dict[int, list[Member]] = {}
    roots = []
    for member in members:
        root = _find_root(member, by_id)
        if root is member:
            roots.append(member)
        else:
            copies.setdefault(root.report.article_id, []).append(member)
    return [Entry(root, tuple(copies.get(root.report.article_id, ()))) for root in roots]


def _find_root(member: Member, by_id: Mapping[int, Member]) -> Member:
    """The end of a chain of copies within the story; the member itself in a circle."""
    root, seen = member, {member.report.article_id}
    while root.original and (next_one := by_id.get(root.original.article_id)):
        if next_one.report.article_id in seen:
            return member
        seen.add(next_one.report.article_id)
        root = next_one
    return root


def _group_by_outlet(entries: Sequence[Entry]) -> list[Entry]:
    """Entries of one outlet together, at the place of its first one."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.member.report.outlet.slug, []).append(entry)
    return [entry for group in groups.values() for entry in group]
