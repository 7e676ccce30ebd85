"""Editions of five invented subscribers over nine days have none of the faults of `find_faults`.

These are: an event on two cards; the widest new story is missing; a card without a headline or
without anything new; a headline repeated in a link; low coverage of a widely covered storyline; the
cards of a storyline apart, or too many; a muted word.
"""

from collections import Counter

import pytest

from service.settings.load import load
from tests.quality.report.editions import START, invented_days, read_editions
from tests.support.content.edition_readers import five_readers
from tests.support.content.generated_days import OUTLETS

SETTINGS = load({}).digest
STORYLINES = [f"saga-{number}" for number in range(5)]


@pytest.mark.parametrize("seed", [1, 2])
def test_editions_of_nine_days_have_no_fault(seed: int) -> None:
    readers = five_readers(START, OUTLETS["en"], STORYLINES)
    editions: Counter[str] = Counter()
    faults = []
    for edition, snapshot in read_editions(invented_days(seed, 9, each=12), readers):
        editions[edition.reader.name] += bool(edition.digest)
        found = edition.find_faults(SETTINGS, snapshot.event_of)
        faults += [(edition.reader.name, edition.at, *fault) for fault in found]
    assert faults == []
    assert min(editions.values()) >= 1
    assert editions["default"] >= 8
