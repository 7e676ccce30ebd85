from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from service.domain.articles.model import Article
from service.embed.articles import encode_articles
from service.embed.language_means import CenteredEncoder, LanguageMeans
from service.embed.models import bundled
from service.embed.models.transformer import SentenceEncoder
from service.errors import BadInputError, ModelChecksumError, ModelMissingError
from service.settings.load import load
from tests.support.content.events import encoded, event_articles
from tests.support.encoders import WordEncoder


def test_bundled_weights_have_the_expected_checksum() -> None:
    bundled.verify(bundled.bundled_model())


def test_other_weights_raise_checksum_error(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"tampered")
    with pytest.raises(ModelChecksumError, match="reinstall") as caught:
        bundled.verify(tmp_path)
    assert caught.value.path == str(weights)


def test_missing_weights_raise_model_missing_error(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="No such file"):
        bundled.verify(tmp_path)


def test_forbidden_download_is_named_with_a_remedy() -> None:
    settings = replace(load({}).embed, model="example.org/no-such-model")
    with pytest.raises(ModelMissingError, match="samestory doctor once with HF_HUB_OFFLINE=0"):
        SentenceEncoder.load(settings)


def test_vectors_have_the_model_tag() -> None:
    articles = event_articles()
    vectors = encoded(articles)
    assert vectors.model == "words@1"
    assert len(vectors[[0, 3]]) == 2


def test_unsupported_languages_get_zero_vectors() -> None:
    articles = [
        Article(1, "Ferry aground"),
        Article(2, "Паром на мели", lang="ru"),
        Article(3, "Ferry aground", lang="en-GB"),
    ]
    values = encode_articles(WordEncoder(), articles, languages=("en",)).values
    assert values.any(axis=1).tolist() == [True, False, True]
    assert encode_articles(WordEncoder(), articles).values.any(axis=1).all()


class BrokenEncoder(WordEncoder):
    """Returns NaN for texts that start with "bad"."""

    def encode(
        self, texts: Sequence[str], *, on_progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        result = super().encode(texts, on_progress=on_progress)
        result[[text.startswith("bad") for text in texts]] = np.nan
        return result


def test_empty_texts_and_non_finite_vectors_become_zero() -> None:
    articles = [Article(1, "ferry"), Article(2, "!?"), Article(3, ""), Article(4, "bad")]
    values = encode_articles(BrokenEncoder(), articles).values
    assert values.any(axis=1).tolist() == [True, False, False, False]


def two_language_means() -> LanguageMeans:
    """Orthogonal means of two languages."""
    means = np.zeros((2, WordEncoder.dimensions), dtype=np.float32)
    means[0, 0], means[1, 1] = 1, 1
    return LanguageMeans({"en": means[0], "ru": means[1]}, {"made": "up"})


def test_language_means_are_subtracted() -> None:
    articles = [Article(1, "ferry aground", lang="en-GB"), Article(2, "ferry aground", lang="ru")]
    plain = encode_articles(WordEncoder(), articles).values
    encoder = CenteredEncoder(WordEncoder(), two_language_means())
    result = encode_articles(encoder, articles)
    left = plain - [two_language_means().means["en"], two_language_means().means["ru"]]
    assert np.allclose(result.values, left / np.linalg.norm(left, axis=1, keepdims=True), atol=1e-6)
    assert result.model == f"words@1-{two_language_means().tag}"


def test_unknown_language_uses_the_nearest_mean() -> None:
    near_russian = np.array([[0.1, 0.9, *[0.0] * 62]], dtype=np.float32)
    for unknown in ("", "pt"):
        result = two_language_means().subtract_from(near_russian, [unknown])
        assert np.allclose(result, two_language_means().subtract_from(near_russian, ["ru"]))
    assert two_language_means().subtract_from(near_russian[:0], []).shape == (0, 64)


def test_encode_without_languages_uses_the_nearest_mean() -> None:
    encoder = CenteredEncoder(WordEncoder(), two_language_means())
    result = encoder.encode(["ferry aground"])
    assert np.allclose(result, encoder.encode_by_language([""], ["ferry aground"]))


def test_means_need_enough_texts() -> None:
    values = np.eye(64, dtype=np.float32)[:5]
    result = LanguageMeans.fit(
        values, ["en", "en", "fr", "", "en"], min_texts=2, about={"source": "none"}
    )
    assert set(result.means) == {"en"}
    assert np.allclose(result.means["en"], values[[0, 1, 4]].mean(axis=0))
    assert result.about == {"source": "none", "texts": {"en": 3}}


def test_language_means_round_trip_through_file(tmp_path: Path) -> None:
    path = tmp_path / "means.json"
    path.write_text(two_language_means().dump(), encoding="utf-8")
    result = LanguageMeans.load(path)
    assert result.tag == two_language_means().tag
    assert result.about == two_language_means().about
    with pytest.raises(BadInputError, match=r"language means .*none\.json"):
        LanguageMeans.load(tmp_path / "none.json")
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(BadInputError, match="Cannot read"):
        LanguageMeans.load(path)
