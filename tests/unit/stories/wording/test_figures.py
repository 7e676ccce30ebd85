"""Tests of figures that change while an event goes on."""

from datetime import timedelta

import pytest

from service.domain.stories.wording.figures import DatedText, Figure, LatestFigures, find_figures
from tests.support.content.events import START


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Orlan flood kills 21 as villages are swept away", {("deaths", 21)}),
        ("Fifty-seven bodies were recovered from the river", {("deaths", 57)}),
        ("At least 94 people have died and 110 are missing", {("deaths", 94), ("missing", 110)}),
        ("Toll in Orlan disaster 94; minister visits", {("deaths", 94)}),
        ("the death toll in the valley of the river reached 1,130.", {("deaths", 1130)}),
        ("Twelve people were hurt in the harbour", {("injured", 12)}),
        ("погибли 12 человек", {("deaths", 12)}),
        ("地震で１２人が死亡", {("deaths", 12)}),
        ("قتل 8 أشخاص", set()),
        ("Actor dies at 46", set()),
        ("Two students were killed in 2025", {("deaths", 2)}),
        ("A singer died aged 80", set()),
        ("The bank gained 5% and cut 300 jobs", set()),
    ],
)
def test_figures_of_a_text(text: str, expected: set[tuple[str, int]]) -> None:
    assert {(each.kind, each.value) for each in find_figures(text)} == expected


def test_later_figure_supersedes_an_earlier_one() -> None:
    later = START + timedelta(hours=2)
    latest = LatestFigures([DatedText("34 dead", START), DatedText("57 dead, 80 missing", later)])
    assert latest.supersede("At least 34 people are dead.", START)
    assert not latest.supersede("At least 57 people are dead.", START)
    assert not latest.supersede("Nearly 60 people are dead.", START)
    assert not latest.supersede("At least 34 people are dead.", later)
    assert not latest.supersede("Nobody is hurt.", START)


def test_latest_of_changed_figures_is_an_update() -> None:
    later = START + timedelta(hours=2)
    latest = LatestFigures(
        [DatedText("34 dead, 9 hurt", START), DatedText("57 dead, 9 hurt", later)]
    )
    assert latest.updates("The flood killed 57 people.")
    assert not latest.updates("The flood killed 34 people.")
    assert not latest.updates("The flood hurt 9 people; 9 hurt.")


def test_number_has_the_nearest_kind() -> None:
    assert list(find_figures("8 dead, 70 missing")) == [Figure("deaths", 8), Figure("missing", 70)]
