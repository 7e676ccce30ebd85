import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.embed.bundled import TAG, bundled_model
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.embed.low_precision import cpu_has_bfloat16, uses_bfloat16
from service.errors import ModelMissingError
from service.settings import load
from service.settings.paths import CONFIG_DIR

DEFAULT = load.load({}).embed

TEXTS = ["A ferry struck a pier.", "", "Interest rates rise again in Velmark", "A ferry struck."]


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    values = encoder.encode(TEXTS)
    assert encoder.model == TAG
    assert values.shape == (4, encoder.dimensions)
    assert values.dtype == np.float32
    assert np.allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)


def test_order_of_texts_does_not_change_vectors(encoder: Encoder) -> None:
    assert (encoder.encode(TEXTS)[::-1] == encoder.encode(TEXTS[::-1])).all()


def test_progress_is_reported(encoder: Encoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.encode([*TEXTS, TEXTS[0]], on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 4)]


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_custom_model_is_tagged_by_its_weights() -> None:
    settings = replace(DEFAULT, model=str(bundled_model()), precision="float32")
    tag = load_encoder(settings).model
    assert tag.startswith("model@")
    assert tag == load_encoder(settings).model
    assert tag != TAG


def test_missing_model_raises_one_line_error(tmp_path: Path) -> None:
    settings = replace(DEFAULT, model=str(tmp_path / "none"))
    with pytest.raises(ModelMissingError) as caught:
        load_encoder(settings)
    assert "\n" not in str(caught.value)


def test_bfloat16_keeps_cosines() -> None:
    full, fast = (
        load_encoder(replace(DEFAULT, precision=precision)) for precision in ("float32", "bfloat16")
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


@pytest.mark.parametrize("file", ["pair_model.json", "merge_model.json"])
def test_default_weights_match_the_bundled_encoder(file: str) -> None:
    model = json.loads((CONFIG_DIR / file).read_text("utf-8"))
    assert model["about"]["encoder"] == TAG
