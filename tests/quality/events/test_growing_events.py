"""Growing events: a disaster with a rising toll over three days is one story."""

from collections.abc import Callable

import pytest

from service.embed.encoder import Encoder
from tests.quality.sets.among_seeds import Report, group_among_seeds
from tests.quality.sets.sets import ENGLISH_SEEDS, EncodedSet

REPORTS = [
    Report(
        "landslide",
        "Andean Post",
        64.0,
        "Landslide buries homes in Peru's Carhuaz valley",
        "A slope gave way above the village of Marca after a week of rain. Several are missing.",
    ),
    Report(
        "landslide",
        "Globe Now",
        63.0,
        "At least 9 dead in Peru landslide",
        "Mud covered dozens of homes in the Carhuaz valley, the civil defence said.",
    ),
    Report(
        "landslide",
        "Coral Wire",
        61.5,
        "Peru landslide kills 12, dozens missing",
        "Rescuers dig by hand for survivors in Marca, in the Carhuaz valley.",
    ),
    Report(
        "landslide",
        "Continent Times",
        52.0,
        "Death toll from Peru landslide rises to 31",
        "The army sends 200 soldiers and diggers to the Carhuaz valley.",
    ),
    Report(
        "landslide",
        "Andean Post",
        47.0,
        "Carhuaz landslide: 44 dead as rain hampers search",
        "New rain stopped the search in Marca for hours, the mayor said.",
    ),
    Report(
        "landslide",
        "Globe Now",
        40.0,
        "Peru declares mourning as landslide toll reaches 58",
        "The president visited the Carhuaz valley and promised new homes.",
    ),
    Report(
        "landslide",
        "Market Wire",
        36.0,
        "Peru landslide toll climbs to 63",
        "The road to the Carhuaz valley is open again, the transport ministry said.",
    ),
    Report(
        "landslide",
        "Continent Times",
        20.0,
        "Toll of Peru landslide passes 80 as hope fades",
        "Some 25 people are still missing in the Carhuaz valley, the civil defence said.",
    ),
    Report(
        "landslide",
        "Globe Now",
        8.0,
        "Peru ends search after landslide that killed 86",
        "Three days after the slope gave way in the Carhuaz valley, the army ended its search.",
    ),
    Report(
        "bus-crash",
        "Andean Post",
        30.0,
        "Bus plunges into ravine in Peru, 14 dead",
        "The bus left the road near Ayacucho in fog, the police said.",
    ),
    Report(
        "bus-crash",
        "Globe Now",
        29.0,
        "14 killed in Peru bus crash",
        "A coach with 40 people on board fell into a ravine near Ayacucho.",
    ),
]


@pytest.mark.timeout(600)
def test_disaster_with_a_rising_toll_is_one_story(
    labelled_set: Callable[[str], EncodedSet], encoder: Encoder
) -> None:
    grouped = group_among_seeds(REPORTS, labelled_set(ENGLISH_SEEDS), encoder)
    assert grouped.divided_events() == []
    assert grouped.mixed_stories() == []
