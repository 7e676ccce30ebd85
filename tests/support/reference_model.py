"""multilingual-e5-small for transformers, built from the packed weights: the reference for ours."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from service.embed.models.packed_weights import PackedModel, SubwordVocabulary
from service.settings import load

#: Name of each linear and normalisation layer in the model file, and in transformers.
LAYERS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def write_folder(packed: PackedModel, folder: Path) -> None:
    """Write a packed model as a transformers folder; it is loaded with mean pooling."""
    shape = packed.shape
    config = BertConfig(
        vocab_size=shape.vocabulary_size,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
    )
    network = BertModel(config, add_pooling_layer=False)
    network.load_state_dict(state_dict(packed))
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=reference_tokenizer(packed.vocabulary),
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
    ).save_pretrained(folder)


def reference_tokenizer(vocabulary: SubwordVocabulary) -> Tokenizer:
    """The tokenizer of XLM-RoBERTa in the package `tokenizers`."""
    pieces = [(piece.decode(errors="replace"), score) for piece, score in vocabulary.pieces()]
    tokenizer = Tokenizer(Unigram(pieces, vocabulary.unknown, byte_fallback=False))
    tokenizer.pre_tokenizer = Steps([WhitespaceSplit(), Metaspace()])
    begin, end = pieces[vocabulary.begin][0], pieces[vocabulary.end][0]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    tokenizer.enable_truncation(load.load({}).embed.tokens)
    return tokenizer


def state_dict(packed: PackedModel) -> dict[str, torch.Tensor]:
    """All weights by their names in transformers."""
    hidden = packed.shape.hidden
    arrays = {
        "embeddings.word_embeddings.weight": packed.token_embeddings(
            np.arange(packed.shape.vocabulary_size)
        ),
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": packed.vector("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
    }
    for number in range(packed.shape.layers):
        for short, name in LAYERS.items():
            layer, source = f"encoder.layer.{number}.{name}", f"l{number}.{short}"
            bias = arrays[f"{layer}.bias"] = packed.vector(f"{source}.b")
            is_norm = short.endswith("ln")
            arrays[f"{layer}.weight"] = (
                packed.vector(f"{source}.w") if is_norm else packed.matrix(f"{source}.w", len(bias))
            )
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
