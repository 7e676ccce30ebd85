"""Encoder of sentence-transformers models, on the CPU."""

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

from service.domain.progress import OnProgress
from service.embed.batches import encode_distinct
from service.embed.checksum import TAG_DIGITS
from service.embed.models import bundled
from service.embed.models.low_precision import (
    ThreadLimiter,
    cast_linear_weights_to_bfloat16,
    uses_bfloat16,
)
from service.errors import ModelMissingError
from service.settings.sections.embedding import BUNDLED_MODEL, EmbedSettings


class SentenceEncoder:
    """An `Encoder` that runs a sentence-transformers model."""

    def __init__(self, network: SentenceTransformer, model: str, settings: EmbedSettings) -> None:
        self.model = model
        self.dimensions = int(network.get_embedding_dimension() or 0)
        self._network = network
        self._prefix = settings.prefix
        self._batch = settings.batch
        self._bfloat16 = network.device.type == "cpu" and uses_bfloat16(settings.precision)
        self._threads = ThreadLimiter()
        if self._bfloat16:
            cast_linear_weights_to_bfloat16(network)
        network.max_seq_length = settings.tokens

    @classmethod
    def load(cls, settings: EmbedSettings) -> Self:
        """Load the weights; see `loader.load_encoder`."""
        if settings.model == BUNDLED_MODEL:
            folder = bundled.bundled_model()
            bundled.verify(folder)
            return cls(_load_network(str(folder), offline=True), bundled.TAG, settings)
        is_folder = Path(settings.model).exists()
        network = _load_network(settings.model, offline=is_folder)
        name = Path(settings.model).name if is_folder else settings.model
        return cls(network, f"{name}@{_fingerprint(network)}", settings)

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts in batches; see `batches.encode_distinct`."""
        return encode_distinct(
            texts,
            self._encode_batch,
            size=self._batch,
            dimensions=self.dimensions,
            on_progress=on_progress,
        )

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        with (
            self._threads.limit(len(texts)),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bfloat16),
        ):
            vectors = self._network.encode(
                [self._prefix + text for text in texts],
                batch_size=self._batch,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return unit.cpu().numpy()


def _load_network(name: str, *, offline: bool) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    forbidden = not offline and os.environ.get("HF_HUB_OFFLINE") == "1"
    try:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return SentenceTransformer(name, device=device, local_files_only=offline or forbidden)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        if forbidden:
            reason = (
                "it is neither a folder nor downloaded, and HF_HUB_OFFLINE=1 forbids the download;"
                " run samestory doctor once with HF_HUB_OFFLINE=0"
            )
        raise ModelMissingError(name, reason) from error


def _fingerprint(network: SentenceTransformer) -> str:
    """Digest of all weights: two revisions of a model must get different tags."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:TAG_DIGITS]
