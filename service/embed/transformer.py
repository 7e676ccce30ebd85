"""Encoding with sentence-transformers on the CPU."""

import contextlib
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
from service.embed.encoder import BUNDLED, EmbedSettings, OnProgress, Precision
from service.errors import ModelMissingError

_CPU_FLAGS = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}
_TAG_DIGITS = 12


class SentenceEncoder:
    """A sentence-transformers model with its tag."""

    def __init__(self, network: SentenceTransformer, model: str, settings: EmbedSettings) -> None:
        self.model = model
        self.dimensions = int(network.get_embedding_dimension() or 0)
        self._network = network
        self._batch = settings.batch
        self._reduced = reduced(settings.precision)
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
        """Encode each distinct text once, in batches of similar length.

        Batches depend on the set of texts alone, so their order leaves no trace in the last bits.
        """
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        found = np.zeros((len(distinct), self.dimensions), dtype=np.float32)
        for start in range(0, len(distinct), self._batch):
            end = min(start + self._batch, len(distinct))
            found[start:end] = self._encode_batch(distinct[start:end])
            if on_progress:
                on_progress(end, len(distinct))
        rows = {text: row for row, text in enumerate(distinct)}
        return found[[rows[text] for text in texts]] if len(texts) else found

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._reduced):
            vectors = self._network.encode(
                texts, batch_size=self._batch, show_progress_bar=False, convert_to_tensor=True
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return unit.cpu().numpy()


def reduced(precision: Precision, cpu_flags: Path = _CPU_FLAGS) -> bool:
    """Whether products are taken in bfloat16; "auto" asks the processor.

    Weights and sums stay in float32: cosines move by at most .003, groupings not at all.
    """
    if precision == "auto":
        return fast_bfloat16(cpu_flags)
    return precision == "bfloat16"


def fast_bfloat16(cpu_flags: Path) -> bool:
    """Whether the processor multiplies bfloat16 in hardware; elsewhere it is no faster."""
    with contextlib.suppress(OSError):
        flags = cpu_flags.read_text(encoding="ascii", errors="replace").split()
        return not _BFLOAT16_FLAGS.isdisjoint(flags)
    return False


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
    return digest.hexdigest()[:_TAG_DIGITS]
