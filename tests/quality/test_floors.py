"""The grouping's quality on labelled sets never falls below the floors of `floors.toml`.

With `pytest -s` each set prints a line of a table.
"""

import hashlib
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from service import jsonl, settings
from service.commands.grouper import pair_model
from service.domain.articles import Article, ArticleId, Vectors
from service.domain.metrics import Agreement, bcubed
from service.domain.replay import replay
from service.domain.windows import group_window
from service.embed.encoder import Encoder, encode_articles

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))
STREAM_LOSS: float = FLOORS["stream_loss"]
SETS: Mapping[str, Mapping[str, str | float]] = FLOORS["sets"]
COLUMNS = ("articles", "floor", "F1", "P", "R", "streamed", "seconds", "sha256")

SHIPPED = settings.load({})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A set with its vectors; `digest` is as long as the pinned one."""

    name: str
    digest: str
    articles: list[Article]
    labels: list[jsonl.Label]
    vectors: Vectors
    seconds: float

    def agreement(self, stories: Mapping[ArticleId, object]) -> Agreement:
        return bcubed(self.labels, [str(stories[article.id]) for article in self.articles])


@pytest.fixture(scope="module")
def table() -> Iterator[None]:
    show("set", *COLUMNS)
    yield
    sys.stdout.write(f"\nA replay may lose {STREAM_LOSS}.\n")


@pytest.fixture(scope="module", params=SETS)
def labelled(request: pytest.FixtureRequest, shared_data: Path, encoder: Encoder) -> Labelled:
    path = shared_data / "stories" / f"{request.param}.jsonl"
    if not path.is_file():
        pytest.skip(f"no file {path}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[: len(pinned(request.param))]
    lines = jsonl.read_lines(str(path))
    articles = jsonl.articles_of(str(path), lines)
    labels = list(jsonl.read_labels(str(path), lines).values())
    start = time.perf_counter()
    vectors = encode_articles(encoder, articles, languages=SHIPPED.embed.languages)
    seconds = time.perf_counter() - start
    return Labelled(request.param, digest, articles, labels, vectors, seconds)


def show(name: str, *cells: object) -> None:
    sys.stdout.write(f"\n{name:<16}" + "".join(f"{cell!s:>13}" for cell in cells) + "  ")


def pinned(name: str) -> str:
    return str(SETS[name]["sha256"])


def at_once(labelled: Labelled) -> Agreement:
    grouping = group_window(
        labelled.articles, labelled.vectors, model=pair_model(), settings=SHIPPED.stories
    )
    return labelled.agreement(grouping.labels())


def streamed(labelled: Labelled) -> Agreement:
    replayed = replay(
        labelled.articles,
        labelled.vectors,
        model=pair_model(),
        settings=SHIPPED.stories,
        clock=SHIPPED.replay,
    )
    return labelled.agreement(replayed.stories)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.usefixtures("table")
def test_batch_and_stream_reach_the_floor(labelled: Labelled) -> None:
    name, floor = labelled.name, float(SETS[labelled.name]["f1"])
    assert labelled.digest == pinned(name), (
        f"{name}: this is not the file that the floor was set on; restore it, or measure anew"
        " and pin floor and digest as floors.toml says"
    )
    start = time.perf_counter()
    batch = at_once(labelled)
    seconds = labelled.seconds + time.perf_counter() - start
    stream = streamed(labelled)
    figures = (floor, batch.f1, batch.precision, batch.recall, stream.f1)
    shown = [f"{figure:.3f}" for figure in figures]
    show(name, len(labelled.articles), *shown, f"{seconds:.1f}", labelled.digest)
    assert batch.f1 >= floor, f"{name}: F1 {batch.f1:.4f} is under its floor {floor}"
    behind = batch.f1 - stream.f1
    assert behind <= STREAM_LOSS, f"{name}: a replay is {behind:.4f} behind, more than allowed"
