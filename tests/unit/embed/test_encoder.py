from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from service.domain.articles.model import Article
from service.embed import bundled
from service.embed.articles import encode_articles
from service.embed.language_means import CenteredEncoder, LanguageMeans
from service.errors import BadInputError, ModelChecksumError, ModelMissingError
from tests.support.content.events import encoded, event_articles
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


def middles() -> LanguageMeans:
    """Two languages at right angles, as far as the fake encoder's vectors go."""
    means = np.zeros((2, WordEncoder.dimensions), dtype=np.float32)
    means[0, 0], means[1, 1] = 1, 1
    return LanguageMeans({"en": means[0], "ru": means[1]}, {"made": "up"})


def test_vectors_are_counted_from_the_middle_of_their_language() -> None:
    articles = [Article(1, "ferry aground", lang="en-GB"), Article(2, "ferry aground", lang="ru")]
    plain = encode_articles(WordEncoder(), articles).values
    encoder = CenteredEncoder(WordEncoder(), middles())
    found = encode_articles(encoder, articles)
    left = plain - [middles().means["en"], middles().means["ru"]]
    assert np.allclose(found.values, left / np.linalg.norm(left, axis=1, keepdims=True), atol=1e-6)
    assert found.model == f"words@1-{middles().tag}"


def test_an_unknown_language_is_the_nearest_one() -> None:
    near_russian = np.array([[0.1, 0.9, *[0.0] * 62]], dtype=np.float32)
    for unknown in ("", "pt"):
        found = middles().subtract_from(near_russian, [unknown])
        assert np.allclose(found, middles().subtract_from(near_russian, ["ru"]))
    assert middles().subtract_from(near_russian[:0], []).shape == (0, 64)


def test_without_languages_a_centred_encoder_asks_the_vectors() -> None:
    encoder = CenteredEncoder(WordEncoder(), middles())
    found = encoder.encode(["ferry aground"])
    assert np.allclose(found, encoder.encode_by_language([""], ["ferry aground"]))


def test_centres_are_the_means_of_languages_with_enough_texts() -> None:
    values = np.eye(64, dtype=np.float32)[:5]
    found = LanguageMeans.fit(
        values, ["en", "en", "fr", "", "en"], min_texts=2, about={"source": "none"}
    )
    assert set(found.means) == {"en"}
    assert np.allclose(found.means["en"], values[[0, 1, 4]].mean(axis=0))
    assert found.about == {"source": "none", "texts": {"en": 3}}


def test_centres_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "centres.json"
    path.write_text(middles().dump(), encoding="utf-8")
    found = LanguageMeans.load(path)
    assert found.tag == middles().tag
    assert found.about == middles().about
    with pytest.raises(BadInputError, match=r"language means .*none\.json"):
        LanguageMeans.load(tmp_path / "none.json")
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(BadInputError, match="Cannot read"):
        LanguageMeans.load(path)
