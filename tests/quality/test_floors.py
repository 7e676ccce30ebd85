"""The grouping's quality on labelled sets never falls below these floors."""

from pathlib import Path

import pytest

from service import jsonl, settings
from service.commands.grouper import pair_model
from service.domain.articles import Article, Vectors
from service.domain.metrics import bcubed
from service.domain.replay import replay
from service.domain.windows import group_window
from service.embed.encoder import Encoder, encode_articles

#: B-cubed F1 with the one shipped configuration.
FLOORS = {"giveme5w1h": 0.90, "galaxy": 0.79, "allsides_2021": 0.90, "stream_day": 0.88}
#: How far a replay may stay behind.
STREAM_LOSS = 0.015

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module", params=sorted(FLOORS))
def labelled(
    request: pytest.FixtureRequest, shared_data: Path, encoder: Encoder
) -> tuple[str, list[Article], list[str], Vectors]:
    path = str(shared_data / "stories" / f"{request.param}.jsonl")
    lines = jsonl.read_lines(path)
    articles = jsonl.articles_of(path, lines)
    labels = list(jsonl.read_labels(path, lines).values())
    return request.param, articles, labels, encode_articles(encoder, articles, languages=("en",))


def test_batch_and_stream_reach_the_floor(
    labelled: tuple[str, list[Article], list[str], Vectors],
) -> None:
    name, articles, labels, vectors = labelled
    shipped = settings.load({})
    grouping = group_window(articles, vectors, model=pair_model(), settings=shipped.stories)
    at_once = grouping.labels()
    batch = bcubed(labels, [at_once[article.id] for article in articles]).f1
    assert batch >= FLOORS[name]

    replayed = replay(
        articles, vectors, model=pair_model(), settings=shipped.stories, clock=shipped.replay
    )
    stream = bcubed(labels, [replayed.stories[article.id] for article in articles]).f1
    assert stream >= batch - STREAM_LOSS
