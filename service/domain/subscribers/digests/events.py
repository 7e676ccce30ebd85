"""Stories of one event, joined into one story of a digest."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from service.domain.stories.ranking import coverage_bonus
from service.domain.subscribers.digests.stories import DigestReport, DigestStory


def join_events(
    stories: Iterable[DigestStory], events: Iterable[Collection[str]]
) -> list[DigestStory]:
    """Join the stories of each event into its widest story, in the order given.

    `events` are disjoint sets of story ids. The joined story has the reports, keywords and names of
    all, which it lists in `parts`.
    """
    event_of = {story: number for number, ids in enumerate(events) for story in ids}
    parts: dict[int | str, list[DigestStory]] = {}
    for story in stories:
        parts.setdefault(event_of.get(story.id, story.id), []).append(story)
    return [_join(each) if len(each) > 1 else each[0] for each in parts.values()]


def _join(parts: Sequence[DigestStory]) -> DigestStory:
    first, *others = sorted(parts, key=lambda each: (-each.independent, -each.rank, each.id))
    joined = replace(
        first,
        storyline=next((each.storyline for each in (first, *others) if each.storyline), None),
        storyline_families=max(each.storyline_families for each in parts),
        pinned=any(each.pinned for each in parts),
        changed_at=max(each.changed_at for each in parts),
        reports=tuple(sorted((r for each in parts for r in each.reports), key=_report_order)),
        keywords=tuple(dict.fromkeys(word for each in (first, *others) for word in each.keywords)),
        names=tuple(dict.fromkeys(name for each in (first, *others) for name in each.names)),
        local_headlines=frozenset(key for each in parts for key in each.local_headlines),
        parts=(first, *others),
    )
    gain = coverage_bonus(joined.independent) - coverage_bonus(first.independent)
    return replace(joined, rank=max(first.rank + gain, *(each.rank for each in others)))


def _report_order(report: DigestReport) -> tuple[bool, object, int]:
    return (not report.dated, report.at, report.article)
