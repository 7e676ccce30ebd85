from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from service.domain.articles import Article
from service.embed import bundled
from service.embed.encoder import encode_articles
from service.errors import ModelChecksumError, ModelMissingError
from tests.support.coverage_of_events import encoded, event_articles
from tests.support.encoders import WordEncoder


def test_the_bundled_weights_are_the_expected_ones() -> None:
    bundled.verify(bundled.bundled_model())


def test_other_weights_are_refused_with_file_and_remedy(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"tampered")
    with pytest.raises(ModelChecksumError, match="reinstall") as caught:
        bundled.verify(tmp_path)
    assert caught.value.path == str(weights)


def test_missing_weights_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="No such file"):
        bundled.verify(tmp_path)


def test_vectors_carry_their_model() -> None:
    articles = event_articles()
    vectors = encoded(articles)
    assert vectors.model == "words@1"
    assert len(vectors[[0, 3]]) == 2


def test_languages_that_the_model_never_learned_get_zero_vectors() -> None:
    articles = [
        Article(1, "Ferry aground"),
        Article(2, "Паром на мели", lang="ru"),
        Article(3, "Ferry aground", lang="en-GB"),
    ]
    values = encode_articles(WordEncoder(), articles, languages=("en",)).values
    assert values.any(axis=1).tolist() == [True, False, True]
    assert encode_articles(WordEncoder(), articles).values.any(axis=1).all()


class BrokenEncoder(WordEncoder):
    """Loses its mind over one text."""

    def encode(
        self, texts: Sequence[str], *, on_progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        found = super().encode(texts, on_progress=on_progress)
        found[[text.startswith("bad") for text in texts]] = np.nan
        return found


def test_texts_without_words_and_vectors_that_are_no_numbers_become_zero() -> None:
    articles = [Article(1, "ferry"), Article(2, "!?"), Article(3, ""), Article(4, "bad")]
    values = encode_articles(BrokenEncoder(), articles).values
    assert values.any(axis=1).tolist() == [True, False, False, False]
