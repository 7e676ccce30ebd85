"""Similar events in different places: no story contains two of them, in batch and in stream.

The events are placed among the English articles of `seeds/`, because a window of a few articles has
no statistics.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.grouping.replay import replay
from service.domain.grouping.window import group_window
from service.embed.articles import encode_articles
from tests.quality.sets.sets import ENGLISH_PROFILE, ENGLISH_SEEDS, EncodedSet
from tests.support.content.seeds import NOW

#: Event, outlet, hours before the newest article, title and lead.
REPORTS = [
    (
        "quake-fiji",
        "Coral Wire",
        9.0,
        "Magnitude 5.4 earthquake strikes Fiji",
        "A 5.4-magnitude earthquake struck near Fiji on Friday, geologists said.",
    ),
    (
        "quake-fiji",
        "Globe Now",
        8.8,
        "5.4-magnitude earthquake hits Fiji",
        "No damage was reported after the quake, which was 12 km deep.",
    ),
    (
        "quake-chile",
        "Lima Herald",
        4.0,
        "Magnitude 5.6 earthquake strikes northern Chile",
        "A 5.6-magnitude earthquake struck northern Chile on Friday, geologists said.",
    ),
    (
        "quake-chile",
        "Globe Now",
        3.7,
        "5.6-magnitude earthquake hits Chile",
        "No damage was reported after the quake, which was 50 km deep.",
    ),
    (
        "flood-ghana",
        "Accra Courier",
        10.0,
        "Floods kill 11 in Ghana's Volta region",
        "The Volta burst its banks after two days of rain and killed 11 people, police said.",
    ),
    (
        "flood-ghana",
        "Globe Now",
        9.4,
        "At least 11 dead in Ghana floods",
        "Rescue teams search for survivors after rain in the east of Ghana.",
    ),
    (
        "flood-nepal",
        "Kathmandu Daily",
        6.0,
        "Floods kill 14 in Nepal's Koshi province",
        "The Koshi burst its banks after two days of rain and killed 14 people, police said.",
    ),
    (
        "flood-nepal",
        "Globe Now",
        5.5,
        "At least 14 dead in Nepal floods",
        "Rescue teams search for survivors after rain in the east of Nepal.",
    ),
    (
        "strike-klm",
        "Continent Times",
        11.0,
        "KLM pilots to strike on Sunday, union says",
        "Pilots of KLM will stop work for a day on Sunday in a dispute about rosters, a union said.",
    ),
    (
        "strike-klm",
        "Market Wire",
        10.6,
        "KLM faces pilots' strike on Sunday",
        "The union called the walkout over rosters.",
    ),
    (
        "strike-iberia",
        "Continent Times",
        7.0,
        "Iberia cabin crew to strike on Sunday, union says",
        "Cabin crew of Iberia will stop work for a day on Sunday in a dispute about pay, a union said.",
    ),
    (
        "strike-iberia",
        "Market Wire",
        6.6,
        "Iberia faces cabin crew strike on Sunday",
        "The union called the walkout over pay.",
    ),
    (
        "minister-estonia",
        "Continent Times",
        8.0,
        "Estonian interior minister resigns",
        "Estonia's interior minister resigned on Friday after an audit, the government said.",
    ),
    (
        "minister-estonia",
        "Globe Now",
        7.6,
        "Estonia's interior minister quits over police contract",
        "Mart Tamm stepped down after an audit of a contract for police cars.",
    ),
    (
        "minister-finland",
        "Continent Times",
        5.0,
        "Finnish interior minister resigns",
        "Finland's interior minister resigned on Friday after a row about asylum, the premier said.",
    ),
    (
        "minister-finland",
        "Globe Now",
        4.6,
        "Finland's interior minister quits over asylum bill",
        "Eero Lahti stepped down after a row with the prime minister.",
    ),
    (
        "rates-canada",
        "Market Wire",
        6.2,
        "Bank of Canada cuts interest rates to 2.5%",
        "The Bank of Canada cut rates by a quarter point on Friday, as expected.",
    ),
    (
        "rates-canada",
        "Globe Now",
        6.1,
        "Canada cuts interest rates to 2.5%",
        "The central bank lowered borrowing costs for the second time this year.",
    ),
    (
        "rates-sweden",
        "Market Wire",
        9.2,
        "Sweden's Riksbank cuts interest rates to 1.75%",
        "The Riksbank cut rates by a quarter point on Friday, in line with forecasts.",
    ),
    (
        "rates-sweden",
        "Continent Times",
        9.0,
        "Riksbank cuts rates to 1.75%",
        "The Swedish central bank lowered borrowing costs for the first time this year.",
    ),
    (
        "helicopter-uganda",
        "Kampala Post",
        8.5,
        "Helicopter crash in western Uganda kills six",
        "A police helicopter crashed near Kasese on Friday and killed all six on board.",
    ),
    (
        "helicopter-uganda",
        "Globe Now",
        8.1,
        "Six dead in Uganda helicopter crash",
        "The aircraft came down in fog.",
    ),
    (
        "helicopter-bolivia",
        "Lima Herald",
        4.5,
        "Helicopter crash in northern Bolivia kills six",
        "An army helicopter crashed near Trinidad on Friday and killed all six on board.",
    ),
    (
        "helicopter-bolivia",
        "Globe Now",
        4.1,
        "Six dead in Bolivia helicopter crash",
        "The aircraft came down in fog.",
    ),
]
EVENT_OF = {f"similar-{number}": event for number, (event, *_) in enumerate(REPORTS)}
ARTICLES = [
    Article(
        id=f"similar-{number}",
        title=title,
        text=lead,
        outlet=outlet,
        published=NOW - timedelta(hours=hours),
        lang="en",
    )
    for number, (_, outlet, hours, title, lead) in enumerate(REPORTS)
]


@pytest.mark.parametrize(
    ("name", "encoder"),
    [(ENGLISH_SEEDS, "encoder"), (f"{ENGLISH_SEEDS}{ENGLISH_PROFILE}", "english_encoder")],
)
@pytest.mark.timeout(600)
def test_no_story_contains_two_similar_events(
    request: pytest.FixtureRequest,
    labelled_set: Callable[[str], EncodedSet],
    name: str,
    encoder: str,
) -> None:
    others = labelled_set(name)
    settings = others.settings
    vectors = encode_articles(
        request.getfixturevalue(encoder), ARTICLES, languages=settings.embed.languages
    )
    articles = [*others.articles, *ARTICLES]
    window = Vectors.concatenate([others.vectors, vectors])
    model, merge_model = load_pair_model(settings.pairs), load_merge_model(settings.merges)
    batch = group_window(
        articles, window, model=model, merge_model=merge_model, settings=settings.stories
    )
    stream = replay(
        articles,
        window,
        model=model,
        merge_model=merge_model,
        settings=settings.stories,
        schedule=settings.replay,
    )
    assert mixed_stories(batch.labels()) == []
    assert mixed_stories(stream.stories) == []
    assert divided_events(batch.labels()) == divided_events(stream.stories) == []


def mixed_stories(stories: Mapping[ArticleId, object]) -> list[list[str]]:
    """The events of each story with more than one event."""
    events: dict[object, set[str]] = {}
    for key, event in EVENT_OF.items():
        events.setdefault(stories[key], set()).add(event)
    return [sorted(each) for each in events.values() if len(each) > 1]


def divided_events(stories: Mapping[ArticleId, object]) -> list[str]:
    """The events in more than one story."""
    parts: dict[str, set[object]] = {}
    for key, event in EVENT_OF.items():
        parts.setdefault(event, set()).add(stories[key])
    return sorted(event for event, each in parts.items() if len(each) > 1)
