"""Encoding with sentence-transformers on the CPU."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from service.embed import bundled
from service.embed.batches import OnProgress, encode_distinct
from service.embed.checksum import TAG_DIGITS
from service.embed.encoder import BUNDLED, EmbedSettings
from service.embed.low_precision_layers import Processors, with_reduced_weights
from service.embed.precision import reduced
from service.errors import ModelMissingError


class SentenceEncoder:
    """A sentence-transformers model with its tag."""

    def __init__(self, network: SentenceTransformer, model: str, settings: EmbedSettings) -> None:
        self.model = model
        self.dimensions = int(network.get_embedding_dimension() or 0)
        self._network = network
        self._prefix = settings.prefix
        self._batch = settings.batch
        self._reduced = reduced(settings.precision)
        self._processors = Processors()
        if self._reduced:
            with_reduced_weights(network)
        network.max_seq_length = settings.tokens

    @classmethod
    def load(cls, settings: EmbedSettings) -> Self:
        """Load the weights; see `encoder.load_encoder`."""
        if settings.model == BUNDLED:
            folder = bundled.bundled_model()
            bundled.verify(folder)
            return cls(_network(str(folder), offline=True), bundled.TAG, settings)
        network = _network(settings.model, offline=Path(settings.model).exists())
        name = Path(settings.model).name if Path(settings.model).exists() else settings.model
        return cls(network, f"{name}@{_fingerprint(network)}", settings)

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """See `batches.encode_distinct`."""
        return encode_distinct(
            texts,
            self._encode_batch,
            size=self._batch,
            dimensions=self.dimensions,
            on_progress=on_progress,
        )

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        with (
            self._processors.of(len(texts)),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._reduced),
        ):
            vectors = self._network.encode(
                [self._prefix + text for text in texts],
                batch_size=self._batch,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return unit.cpu().numpy()


def _network(name: str, *, offline: bool) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    offline = offline or os.environ.get("HF_HUB_OFFLINE") == "1"
    try:
        return SentenceTransformer(name, device="cpu", local_files_only=offline)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelMissingError(name, reason) from error


def _fingerprint(network: SentenceTransformer) -> str:
    """Digest of all weights: two revisions of one name are two models."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:TAG_DIGITS]
