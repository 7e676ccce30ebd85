"""Quality floors: the grouping of labelled sets must reach the F1 values in `floors.toml`.

The run ends with a table of all measurements. `make test` measures the everyday sets, and
`make quality` all sets. `make quality FLOORS=set` raises the floors.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.quality.report import floors
from tests.quality.report.floors import Floor, FloorError
from tests.quality.report.set_quality import SetQuality, format_table, measure
from tests.quality.sets import headlines
from tests.quality.sets.sets import (
    ENGLISH_PROFILE,
    ENGLISH_SEEDS,
    HEADLINES,
    SEEDS,
    TITLES,
    EncodedSet,
    needs_external_data,
)
from tests.support.summary import show

FLOORS = floors.load()
ENGLISH_SETS = (
    "giveme5w1h",
    "galaxy",
    "allsides_2021",
    "stream_day",
    "outlets_2020",
    "outlets_2021",
    f"stream_day{TITLES}",
    f"allsides_2021{TITLES}",
    f"allsides_triples{TITLES}",
    *(name for name in HEADLINES if name.endswith(headlines.ENGLISH)),
    ENGLISH_SEEDS,
)
#: Everything under the default profile, and the English sets under the profile `english`.
SETS = (
    *dict.fromkeys([*ENGLISH_SETS, *HEADLINES, *SEEDS]),
    *(f"{name}{ENGLISH_PROFILE}" for name in ENGLISH_SETS),
)
#: Sets that `make test` measures too: the real days, some headlines and the seeds.
EVERYDAY = {
    "stream_day",
    "outlets_2020",
    "outlets_2021",
    f"outlets_2021{ENGLISH_PROFILE}",
    f"stream_day{TITLES}",
    "headlines_2020_01",
    *SEEDS,
    f"{ENGLISH_SEEDS}{ENGLISH_PROFILE}",
}
#: Sets that are measured only as a batch, because their replays take longest.
BATCH_ONLY = {
    f"allsides_2021{TITLES}",
    f"allsides_triples{TITLES}",
    *(f"{name}{ENGLISH_PROFILE}" for name in ENGLISH_SETS),
}


@pytest.fixture(scope="module")
def measured_sets(pytestconfig: pytest.Config) -> Iterator[list[SetQuality]]:
    """Collects measurements; shows them as a table and sets new floors if requested."""
    quality: list[SetQuality] = []
    yield quality
    if quality:
        lines = [
            "Quality of the grouping:",
            *format_table([(each, FLOORS.sets.get(each.name)) for each in quality]),
            f"stream: F1 of a replay, at most {FLOORS.stream_loss} lower than the batch",
            "recall: share of true pairs that were scored; each: comparisons per article",
        ]
        show(pytestconfig, lines)
    if sets_floors(pytestconfig) and (
        error := pin_floors(quality, pytestconfig.getoption("--lower"))
    ):
        pytest.fail(error, pytrace=False)


def pin_floors(quality: Sequence[SetQuality], lower: str) -> str:
    """Pin the floors to these measurements; returns an error message, or ""."""
    try:
        floors.pin({each.name: Floor(each.batch.f1, each.digest) for each in quality}, lower=lower)
    except FloorError as error:
        return str(error)
    return ""


def sets_floors(config: pytest.Config) -> bool:
    return bool(config.getoption("--floors", default="check") == "set")


def marks(name: str) -> list[pytest.MarkDecorator]:
    data = [pytest.mark.data] if needs_external_data(name) else []
    return data if name in EVERYDAY else [*data, pytest.mark.extensive]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in SETS])
def test_quality_reaches_the_floor(
    name: str,
    labelled_set: Callable[[str], EncodedSet],
    measured_sets: list[SetQuality],
    pytestconfig: pytest.Config,
) -> None:
    quality = measure(labelled_set(name), as_stream=name not in BATCH_ONLY)
    measured_sets.append(quality)
    if quality.stream:
        loss = quality.batch.f1 - quality.stream.f1
        assert loss <= FLOORS.stream_loss, f"{name}: F1 of the replay is {loss:.4f} lower"
    if not sets_floors(pytestconfig):
        check_floor(quality)


def check_floor(quality: SetQuality) -> None:
    """Assert that a set reaches its floor, on the data that the floor was set on."""
    name = quality.name
    assert name in FLOORS.sets, f"{name} has no floor yet: make quality FLOORS=set"
    floor = FLOORS.sets[name]
    assert quality.digest == floor.sha256, (
        f"{name}: the data differ from those that the floor was set on; restore them, or pin the"
        " floor again as described in floors.toml"
    )
    assert quality.batch.f1 >= floor.f1, f"{name}: F1 {quality.batch.f1:.4f} is below {floor.f1}"


def test_every_floor_belongs_to_a_measured_set() -> None:
    assert FLOORS.sets.keys() <= set(SETS)
