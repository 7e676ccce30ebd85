"""The grouping's quality on labelled sets never falls below the floors of `floors.toml`.

The table of all that was measured stands at the end of the run. `make quality` runs no more than
this; `make quality FLOORS=set` raises the floors.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.quality.report import floors
from tests.quality.report.figures import Figures, measured, table
from tests.quality.report.floors import Floor, FloorError
from tests.quality.sets.sets import HEADLINES, SEEDS, TITLES, Labelled, needs_data
from tests.support.summary import show

FLOORS = floors.load()
SETS = (
    "giveme5w1h",
    "galaxy",
    "allsides_2021",
    "uci_headlines",
    "stream_day",
    "outlets_2020",
    "outlets_2021",
    f"stream_day{TITLES}",
    f"allsides_2021{TITLES}",
    f"allsides_triples{TITLES}",
    *HEADLINES,
    *SEEDS,
)


@pytest.fixture(scope="module")
def found(pytestconfig: pytest.Config) -> Iterator[list[Figures]]:
    """Collects what is measured: for the table, and for new floors where they are asked for."""
    figures: list[Figures] = []
    yield figures
    if figures:
        lines = [
            "Quality of the grouping:",
            *table([(each, FLOORS.sets.get(each.name)) for each in figures]),
            f"stream: F1 of a replay, which may lose {FLOORS.stream_loss}",
            "recall: of true pairs, among those compared; each: others compared with an article",
        ]
        show(pytestconfig, lines)
    if pins(pytestconfig) and (refused := refusal(figures, pytestconfig.getoption("--lower"))):
        pytest.fail(refused, pytrace=False)


def refusal(figures: Sequence[Figures], lower: str) -> str:
    """Pin the floors anew; why that was refused, or nothing."""
    try:
        floors.pin({each.name: Floor(each.batch.f1, each.digest) for each in figures}, lower=lower)
    except FloorError as error:
        return str(error)
    return ""


def pins(config: pytest.Config) -> bool:
    return bool(config.getoption("--floors", default="check") == "set")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.data] * needs_data(name)) for name in SETS]
)
def test_batch_and_stream_reach_the_floor(
    name: str,
    labelled_set: Callable[[str], Labelled],
    found: list[Figures],
    pytestconfig: pytest.Config,
) -> None:
    figures = measured(labelled_set(name))
    found.append(figures)
    behind = figures.batch.f1 - figures.stream.f1
    assert behind <= FLOORS.loss(name), f"{name}: a replay is {behind:.4f} behind"
    if not pins(pytestconfig):
        check(figures)


def check(figures: Figures) -> None:
    """A set reaches its floor, on the data that the floor was set on."""
    name = figures.name
    assert name in FLOORS.sets, f"{name} has no floor yet: make quality FLOORS=set"
    floor = FLOORS.sets[name]
    assert figures.digest == floor.sha256, (
        f"{name}: these are not the data that the floor was set on; restore them, or pin both anew"
        " as floors.toml says"
    )
    assert figures.batch.f1 >= floor.f1, f"{name}: F1 {figures.batch.f1:.4f} is under {floor.f1}"


def test_every_floor_belongs_to_a_measured_set() -> None:
    assert FLOORS.sets.keys() <= set(SETS)
