"""How an issue of the digest shows a story it has chosen."""

from collections.abc import Sequence
from datetime import datetime

from service.domain.subscribers.digest_model import Card, First, Line, News, Report, Story, subtag

#: Outlets named on a card, spans of its bars.
_OUTLETS, _SPANS = 8, 12
#: Reports that a story needs for bars to tell something.
_MANY = 4
#: Outlets that a story needs for its first reporter to be worth a word.
_FIELD = 3


def card(story: Story, below: Sequence[Story], language: str, news: News | None) -> Card:
    """A story with those that are told in a line below it; headlines in `language` are preferred."""
    speaker = _speaker(story, language)
    outlets = tuple(dict.fromkeys(each.name for each in story.reports))
    first, last = story.reports[0].at, story.reports[-1].at
    return Card(
        story=story.id,
        slug=story.slug,
        headline=speaker.title if speaker else story.headline,
        language=speaker.language if speaker else None,
        outlet=speaker.name if speaker else "",
        url=(speaker or story.reports[0]).url,
        summary=story.summary,
        outlets=outlets[:_OUTLETS],
        independent=story.independent,
        coverage=len(story.outlets),
        first_at=first,
        last_at=last,
        bars=_bars([each.at for each in story.reports]),
        news=news,
        also=tuple(line(each, language) for each in below),
        articles=tuple(each.article for told in (story, *below) for each in told.reports),
    )


def line(story: Story, language: str) -> Line:
    """A story in one line."""
    speaker = _speaker(story, language)
    headline, told_in = (speaker.title, speaker.language) if speaker else (story.headline, None)
    return Line(story.id, story.slug, headline, told_in)


def _speaker(story: Story, language: str) -> Report | None:
    """The report with the headline, one in the subscriber's language if there is one.

    An editor's headline, which is no report's, stands for everybody.
    """
    if story.speaker is None:
        return None
    named = [each for each in story.reports if each.article == story.speaker]
    own = [each for each in story.reports if not each.copy or len(story.reports) == 1]
    if named and subtag(named[0].language) == language:
        return named[0]
    spoken = [each for each in own if subtag(each.language) == language]
    return (spoken or named or own or list(story.reports))[0]


def news(story: Story, known: frozenset[int], since: datetime, *, least: int = 1) -> News | None:
    """What a story has brought beside the articles that are known; None if fewer outlets than asked.

    Only outlets count that reported for the first time, and by themselves.
    """
    before = [each for each in story.reports if each.article in known]
    families = {each.family for each in before}
    later = [each for each in story.reports if each.article not in known]
    added = [each for each in later if each.family not in families and not each.copy]
    if len({each.family for each in added}) < max(least, 1):
        return None
    places = {each.country for each in before}
    countries = dict.fromkeys(
        each.country for each in added if each.country and each.country not in places
    )
    outlets = len({each.outlet for each in added})
    return News(since, outlets, tuple(countries), added[-1].title, added[-1].name)


def firsts(top: Sequence[Story], language: str, most: int) -> tuple[First, ...]:
    """Who was ahead of the field, by the widest margin first; an outlet once."""
    found: dict[str, First] = {}
    for story in top:
        each = _first(story, language)
        if each and (each.outlet not in found or found[each.outlet].ahead < each.ahead):
            found[each.outlet] = each
    return tuple(sorted(found.values(), key=lambda each: (-each.ahead, each.story.story))[:most])


def _first(story: Story, language: str) -> First | None:
    own: dict[str, Report] = {}
    for report in story.reports:
        own.setdefault(report.outlet, report)
    if len(own) < _FIELD:
        return None
    first, following = list(own.values())[:2]
    ahead = int((following.at - first.at).total_seconds())
    if ahead <= 0 or first.copy:
        return None
    return First(first.name, following.name, ahead, line(story, language))


def _bars(times: Sequence[datetime]) -> tuple[int, ...]:
    """How many of the times, which are in order, lie in each of equal spans; none of a few."""
    first, length = times[0], (times[-1] - times[0]).total_seconds()
    counts = [0] * _SPANS
    for at in times:
        place = (at - first).total_seconds() / length if length else 0
        counts[min(int(place * _SPANS), _SPANS - 1)] += 1
    return tuple(counts) if length and len(times) >= _MANY else ()
