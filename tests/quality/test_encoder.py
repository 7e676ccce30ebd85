"""English encoder: vectors, precision, errors, and the files that belong to it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.commands.running.models import load_merge_model, load_pair_model
from service.embed.encoder import Encoder
from service.embed.language_means import LanguageMeans
from service.embed.loader import load_encoder
from service.embed.models.bundled import TAG, bundled_model
from service.embed.models.low_precision import cpu_has_bfloat16, uses_bfloat16
from service.errors import BadInputError, ModelMissingError
from service.settings import load

ENGLISH = load.load({}, profile="english")

TEXTS = ["A ferry struck a pier.", "", "Interest rates rise again in Velmark", "A ferry struck."]


def test_vectors_have_unit_length(english_encoder: Encoder) -> None:
    values = english_encoder.encode(TEXTS)
    assert english_encoder.model == TAG
    assert values.shape == (4, english_encoder.dimensions)
    assert values.dtype == np.float32
    assert np.allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)


def test_order_of_texts_does_not_change_vectors(english_encoder: Encoder) -> None:
    assert (english_encoder.encode(TEXTS)[::-1] == english_encoder.encode(TEXTS[::-1])).all()


def test_progress_is_reported(english_encoder: Encoder) -> None:
    seen: list[tuple[int, int]] = []
    english_encoder.encode(
        [*TEXTS, TEXTS[0]], on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(4, 4)]


def test_no_texts_give_no_vectors(english_encoder: Encoder) -> None:
    assert english_encoder.encode([]).shape == (0, english_encoder.dimensions)


def test_custom_model_is_tagged_by_its_weights() -> None:
    settings = replace(ENGLISH.embed, model=str(bundled_model()), precision="float32")
    tag = load_encoder(settings).model
    assert tag.startswith("model@")
    assert tag == load_encoder(settings).model
    assert tag != TAG


def test_missing_model_raises_one_line_error(tmp_path: Path) -> None:
    settings = replace(ENGLISH.embed, model=str(tmp_path / "none"))
    with pytest.raises(ModelMissingError) as caught:
        load_encoder(settings)
    assert "\n" not in str(caught.value)


def test_bfloat16_keeps_cosines() -> None:
    full, fast = (
        load_encoder(replace(ENGLISH.embed, precision=precision))
        for precision in ("float32", "bfloat16")
    )
    exact, rough = (vectors @ vectors.T for vectors in (full.encode(TEXTS), fast.encode(TEXTS)))
    assert np.abs(exact - rough).max() < 0.01


def test_auto_precision_depends_on_cpu_flags(tmp_path: Path) -> None:
    flags = tmp_path / "cpuinfo"
    for line, fast in (("amx_bf16 amx_tile", True), ("avx512f avx512_bf16", True), ("avx2", False)):
        flags.write_text(f"flags : fpu {line}\n")
        assert uses_bfloat16("auto", flags) == fast
    assert not cpu_has_bfloat16(tmp_path / "none")
    assert uses_bfloat16("bfloat16")
    assert not uses_bfloat16("float32")


def test_weights_match_the_english_encoder() -> None:
    assert load_pair_model(ENGLISH.pairs).about["encoder"] == TAG
    assert load_merge_model(ENGLISH.merges).about["encoder"] == TAG


@pytest.mark.parametrize(
    "environ",
    [
        {"SAMESTORY_EMBED__MODEL": "bundled"},
        {
            "SAMESTORY_EMBED__MODEL": str(bundled_model()),
            "SAMESTORY_EMBED__LANGUAGE_MEANS": "MEANS",
        },
    ],
)
def test_language_means_of_another_model_are_rejected(
    environ: dict[str, str], tmp_path: Path
) -> None:
    means = LanguageMeans({"en": np.ones(8, dtype=np.float32)}, {})
    (tmp_path / "means.json").write_text(means.dump(), "utf-8")
    environ = {
        name: value.replace("MEANS", str(tmp_path / "means.json"))
        for name, value in environ.items()
    }
    with pytest.raises(BadInputError, match="has no language means of the model"):
        load_encoder(load.load(environ).embed)
