"""Invented news of many days: stories that grow, split by language and belong to storylines."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.stories.ranking import compute_rank
from service.domain.subscribers.digests.stories import DigestReport, DigestStory, SummarySentence

_HOUR = timedelta(hours=1)
_PLACES = (
    "Orlan",
    "Castelmar",
    "Velmark",
    "Ostravia",
    "Quillport",
    "Brackwater",
    "Halcyon",
    "Tern",
)
_THINGS = (
    "ferry",
    "bridge",
    "budget",
    "strike",
    "trial",
    "wildfire",
    "election",
    "airport",
    "mine",
)
_ACTS = ("closes", "opens", "burns", "stalls", "collapses", "reopens", "ends", "starts", "doubles")
#: German titles use none of the words above, except the place.
_DINGE = ("Fähre", "Brücke", "Etat", "Streik", "Prozess", "Waldbrand", "Wahl", "Flughafen", "Grube")
_GERMAN = ("gesperrt", "eröffnet", "brennt", "stockt", "eingestürzt", "verdoppelt", "beendet")
#: Outlets by language.
OUTLETS = {"en": [f"paper-{n}" for n in range(40)], "de": [f"blatt-{n}" for n in range(12)]}


@dataclass(frozen=True, slots=True)
class Event:
    """An event with all its reports; `parts` are the languages of its separate stories."""

    id: str
    storyline: str | None
    reports: tuple[DigestReport, ...]
    parts: tuple[str, ...]

    def stories_at(self, now: datetime) -> list[DigestStory]:
        """The stories of the event at a time."""
        known = [each for each in self.reports if each.at <= now]
        groups = [[each for each in known if each.language in part.split()] for part in self.parts]
        return [
            self._story(part, group)
            for part, group in zip(self.parts, groups, strict=True)
            if group
        ]

    def _story(self, part: str, reports: Sequence[DigestReport]) -> DigestStory:
        first, last = reports[0], reports[-1]
        families = {each.family for each in reports if each.is_independent}
        return DigestStory(
            id=f"{self.id}-{part.replace(' ', '')}",
            slug=self.id,
            headline=first.title,
            headline_article=first.article,
            storyline=self.storyline,
            rank=compute_rank(len(families), last.at).total,
            pinned=False,
            changed_at=last.at,
            summary=(SummarySentence(f"{first.title}, officials said.", first.name, at=first.at),),
            reports=tuple(reports),
            names=tuple(place for place in _PLACES if place in first.title),
        )


def generate_events(rng: random.Random, start: datetime, days: int, each: int = 25) -> list[Event]:
    """Generate `each` events a day: most with few reports, some that grow for two days.

    A fifth of the events has English and German reports in two stories, and a third belongs to a
    storyline of events on several days.
    """
    events = []
    for number in range(days * each):
        at = start + timedelta(hours=number * 24 / each + rng.uniform(-2, 2))
        storyline = f"saga-{rng.randrange(2 * days)}" if rng.random() < 1 / 3 else None
        size = min(1 + int(rng.paretovariate(0.9)), 40)
        languages = rng.choice(["en", "en", "en", "de", "en de"])
        place, thing = rng.choice(_PLACES), rng.choice(_THINGS)
        titles = {
            "en": f"{thing.capitalize()} {number} near {place} {rng.choice(_ACTS)}",
            "de": f"{_DINGE[_THINGS.index(thing)]} {number} bei {place} {rng.choice(_GERMAN)}",
        }
        titles = {language: titles[language] for language in languages.split()}
        span = rng.choice([2, 6, 12, 48])
        times = sorted(at + rng.uniform(0, span) * _HOUR for _ in range(size))
        reports = _reports(rng, 100 * number, times, titles)
        events.append(Event(f"event-{number}", storyline, reports, tuple(titles)))
    return events


def _reports(
    rng: random.Random, first_article: int, times: Sequence[datetime], titles: dict[str, str]
) -> tuple[DigestReport, ...]:
    """Reports of an event, in the languages of `titles` by turns; one in eight is a copy."""
    reports = []
    for position, at in enumerate(times):
        language = list(titles)[position % len(titles)]
        outlet = rng.choice(OUTLETS[language])
        reports.append(
            DigestReport(
                article=first_article + position,
                title=titles[language],
                url=f"https://{outlet}.example/{first_article + position}",
                outlet=outlet,
                name=outlet.title(),
                country="DE" if language == "de" else rng.choice(["GB", "US", "IN"]),
                family=outlet,
                language=language,
                at=at,
                copy=position > 0 and rng.random() < 1 / 8,
            )
        )
    return tuple(reports)
