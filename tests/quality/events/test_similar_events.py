"""Similar events in different places: no story contains two of them, in batch and in stream."""

from collections.abc import Callable

import pytest

from tests.quality.report.set_quality import measure
from tests.quality.sets.among_seeds import Report, group_among_seeds
from tests.quality.sets.sets import (
    ENGLISH_PROFILE,
    ENGLISH_SEEDS,
    SIMILAR_EVENTS,
    SIMILAR_KINDS,
    EncodedSet,
)

#: B-cubed precision; .01 below the lowest measured value.
MIN_PRECISION = 0.92
#: The same for `SIMILAR_KINDS`, with the recall.
MIN_PRECISION_OF_KINDS, MIN_RECALL_OF_KINDS = 0.95, 0.95
REPORTS = [
    Report(
        "quake-fiji",
        "Coral Wire",
        9.0,
        "Magnitude 5.4 earthquake strikes Fiji",
        "A 5.4-magnitude earthquake struck near Fiji on Friday, geologists said.",
    ),
    Report(
        "quake-fiji",
        "Globe Now",
        8.8,
        "5.4-magnitude earthquake hits Fiji",
        "No damage was reported after the quake, which was 12 km deep.",
    ),
    Report(
        "quake-chile",
        "Lima Herald",
        4.0,
        "Magnitude 5.6 earthquake strikes northern Chile",
        "A 5.6-magnitude earthquake struck northern Chile on Friday, geologists said.",
    ),
    Report(
        "quake-chile",
        "Globe Now",
        3.7,
        "5.6-magnitude earthquake hits Chile",
        "No damage was reported after the quake, which was 50 km deep.",
    ),
    Report(
        "flood-ghana",
        "Accra Courier",
        10.0,
        "Floods kill 11 in Ghana's Volta region",
        "The Volta burst its banks after two days of rain and killed 11 people, police said.",
    ),
    Report(
        "flood-ghana",
        "Globe Now",
        9.4,
        "At least 11 dead in Ghana floods",
        "Rescue teams search for survivors after rain in the east of Ghana.",
    ),
    Report(
        "flood-nepal",
        "Kathmandu Daily",
        6.0,
        "Floods kill 14 in Nepal's Koshi province",
        "The Koshi burst its banks after two days of rain and killed 14 people, police said.",
    ),
    Report(
        "flood-nepal",
        "Globe Now",
        5.5,
        "At least 14 dead in Nepal floods",
        "Rescue teams search for survivors after rain in the east of Nepal.",
    ),
    Report(
        "strike-klm",
        "Continent Times",
        11.0,
        "KLM pilots to strike on Sunday, union says",
        "Pilots of KLM will stop work for a day on Sunday in a dispute about rosters, a union said.",
    ),
    Report(
        "strike-klm",
        "Market Wire",
        10.6,
        "KLM faces pilots' strike on Sunday",
        "The union called the walkout over rosters.",
    ),
    Report(
        "strike-iberia",
        "Continent Times",
        7.0,
        "Iberia cabin crew to strike on Sunday, union says",
        "Cabin crew of Iberia will stop work for a day on Sunday in a dispute about pay, a union said.",
    ),
    Report(
        "strike-iberia",
        "Market Wire",
        6.6,
        "Iberia faces cabin crew strike on Sunday",
        "The union called the walkout over pay.",
    ),
    Report(
        "minister-estonia",
        "Continent Times",
        8.0,
        "Estonian interior minister resigns",
        "Estonia's interior minister resigned on Friday after an audit, the government said.",
    ),
    Report(
        "minister-estonia",
        "Globe Now",
        7.6,
        "Estonia's interior minister quits over police contract",
        "Mart Tamm stepped down after an audit of a contract for police cars.",
    ),
    Report(
        "minister-finland",
        "Continent Times",
        5.0,
        "Finnish interior minister resigns",
        "Finland's interior minister resigned on Friday after a row about asylum, the premier said.",
    ),
    Report(
        "minister-finland",
        "Globe Now",
        4.6,
        "Finland's interior minister quits over asylum bill",
        "Eero Lahti stepped down after a row with the prime minister.",
    ),
    Report(
        "rates-canada",
        "Market Wire",
        6.2,
        "Bank of Canada cuts interest rates to 2.5%",
        "The Bank of Canada cut rates by a quarter point on Friday, as expected.",
    ),
    Report(
        "rates-canada",
        "Globe Now",
        6.1,
        "Canada cuts interest rates to 2.5%",
        "The central bank lowered borrowing costs for the second time this year.",
    ),
    Report(
        "rates-sweden",
        "Market Wire",
        9.2,
        "Sweden's Riksbank cuts interest rates to 1.75%",
        "The Riksbank cut rates by a quarter point on Friday, in line with forecasts.",
    ),
    Report(
        "rates-sweden",
        "Continent Times",
        9.0,
        "Riksbank cuts rates to 1.75%",
        "The Swedish central bank lowered borrowing costs for the first time this year.",
    ),
    Report(
        "helicopter-uganda",
        "Kampala Post",
        8.5,
        "Helicopter crash in western Uganda kills six",
        "A police helicopter crashed near Kasese on Friday and killed all six on board.",
    ),
    Report(
        "helicopter-uganda",
        "Globe Now",
        8.1,
        "Six dead in Uganda helicopter crash",
        "The aircraft came down in fog.",
    ),
    Report(
        "helicopter-bolivia",
        "Lima Herald",
        4.5,
        "Helicopter crash in northern Bolivia kills six",
        "An army helicopter crashed near Trinidad on Friday and killed all six on board.",
    ),
    Report(
        "helicopter-bolivia",
        "Globe Now",
        4.1,
        "Six dead in Bolivia helicopter crash",
        "The aircraft came down in fog.",
    ),
]


@pytest.mark.parametrize(
    ("name", "encoder_name"),
    [(ENGLISH_SEEDS, "encoder"), (f"{ENGLISH_SEEDS}{ENGLISH_PROFILE}", "english_encoder")],
)
@pytest.mark.timeout(600)
def test_no_story_contains_two_similar_events(
    request: pytest.FixtureRequest,
    labelled_set: Callable[[str], EncodedSet],
    name: str,
    encoder_name: str,
) -> None:
    grouped = group_among_seeds(REPORTS, labelled_set(name), request.getfixturevalue(encoder_name))
    assert grouped.mixed_stories() == []
    assert grouped.divided_events() == []


@pytest.mark.parametrize("name", [SIMILAR_EVENTS, f"{SIMILAR_EVENTS}{ENGLISH_PROFILE}"])
@pytest.mark.timeout(600)
def test_precision_among_many_similar_events(
    labelled_set: Callable[[str], EncodedSet], name: str
) -> None:
    quality = measure(labelled_set(name))
    assert quality.batch.precision >= MIN_PRECISION
    assert quality.stream
    assert quality.stream.precision >= MIN_PRECISION


@pytest.mark.timeout(600)
def test_precision_and_recall_among_similar_events_of_many_kinds(
    labelled_set: Callable[[str], EncodedSet],
) -> None:
    quality = measure(labelled_set(SIMILAR_KINDS))
    assert quality.stream
    for agreement in (quality.batch, quality.stream):
        assert agreement.precision >= MIN_PRECISION_OF_KINDS
        assert agreement.recall >= MIN_RECALL_OF_KINDS
