"""BERT layers that compute texts of different lengths without padding.

The rows of all texts of a batch form one matrix of shape (tokens of all texts, hidden); only
attention separates the texts. In a batch of titles and leads every fifth token would be padding.

Linear layers compute blocks of few different sizes. PyTorch compiles a kernel for each number of
rows and keeps it: with one block per batch, the kernels of 6,000 texts took 500 MB.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
from torch.nn.functional import gelu, pad, scaled_dot_product_attention

from service.embed.models.packed_weights import PackedModel

#: Rows of a block; the number of rows of the last block is a multiple of `_BLOCK_STEP`.
_BLOCK, _BLOCK_STEP = 512, 32


class Network(torch.nn.Module):
    """All layers after the token embeddings, which `PackedModel.token_embeddings` returns."""

    positions: torch.Tensor  #: position and type embeddings, shape (positions, hidden)

    def __init__(self, packed: PackedModel) -> None:
        super().__init__()
        hidden, layers = packed.shape.hidden, packed.shape.layers
        positions = (
            packed.vector("emb.pos").reshape(-1, hidden) + packed.vector("emb.type")[:hidden]
        )
        self.register_buffer("positions", torch.from_numpy(positions))
        self.norm = _norm(packed, "emb.ln")
        self.layers = torch.nn.ModuleList(Layer(packed, f"l{number}") for number in range(layers))

    def forward(self, rows: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Contextual vectors of all tokens, shape (sum of `lengths`, hidden).

        `rows` are the token embeddings of the texts one after the other, in the same shape.
        `lengths` are the tokens of each text; texts of one length are faster next to each other.
        """
        rows = self.norm(rows + torch.cat([self.positions[:length] for length in lengths]))
        for layer in self.layers:
            rows = layer(rows, lengths)
        return rows


class Layer(torch.nn.Module):
    """One BERT layer: attention, then two linear layers, each normalised after its sum."""

    def __init__(self, packed: PackedModel, name: str) -> None:
        super().__init__()
        self.heads = packed.shape.heads
        self.query_key_value = _linear(packed, *(f"{name}.{part}" for part in "qkv"))
        self.attention_output = _linear(packed, f"{name}.ao")
        self.attention_norm = _norm(packed, f"{name}.aln")
        self.intermediate = _linear(packed, f"{name}.fi")
        self.output = _linear(packed, f"{name}.fo")
        self.output_norm = _norm(packed, f"{name}.oln")

    def forward(self, rows: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Rows of the next layer; see `Network.forward`."""
        attended = self._attend(_compute_blocks(self.query_key_value, rows), lengths)
        return _compute_blocks(self._feed_forward, rows, attended)

    def _attend(self, rows: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Attention within each text; `rows` has the queries, keys and values side by side."""
        attended, start = [], 0
        for length, run in groupby(lengths):
            texts = len(list(run))
            part = rows[start : start + texts * length].view(texts, length, 3, self.heads, -1)
            heads = scaled_dot_product_attention(*part.permute(2, 0, 3, 1, 4))
            attended.append(heads.transpose(1, 2).reshape(texts * length, -1))
            start += texts * length
        return torch.cat(attended)

    def _feed_forward(self, rows: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        rows = self.attention_norm(rows + self.attention_output(attended))
        normed: torch.Tensor = self.output_norm(rows + self.output(gelu(self.intermediate(rows))))
        return normed


def _compute_blocks(function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
    """Apply a function of single rows to blocks of rows; the last block is padded.

    Inputs and result have the shape (rows, values).
    """
    outputs = []
    for blocks in zip(*(torch.split(each, _BLOCK) for each in inputs), strict=True):
        rows = len(blocks[0])
        padding = (0, 0, 0, -rows % _BLOCK_STEP)
        outputs.append(function(*(pad(block, padding) for block in blocks))[:rows])
    return torch.cat(outputs)


def _linear(packed: PackedModel, *names: str) -> torch.nn.Linear:
    """One linear layer with the outputs of all named layers side by side."""
    biases = [packed.vector(f"{name}.b") for name in names]
    weights = [
        torch.from_numpy(packed.matrix(f"{name}.w", len(bias)))
        for name, bias in zip(names, biases, strict=True)
    ]
    layer = torch.nn.Linear(weights[0].shape[1], sum(map(len, biases)), device="meta")
    layer.weight = torch.nn.Parameter(torch.cat(weights), requires_grad=False)
    layer.bias = torch.nn.Parameter(
        torch.cat([torch.from_numpy(b) for b in biases]), requires_grad=False
    )
    return layer


def _norm(packed: PackedModel, name: str) -> torch.nn.LayerNorm:
    norm = torch.nn.LayerNorm(packed.shape.hidden, packed.shape.epsilon, device="meta")
    norm.weight = torch.nn.Parameter(
        torch.from_numpy(packed.vector(f"{name}.w")), requires_grad=False
    )
    norm.bias = torch.nn.Parameter(
        torch.from_numpy(packed.vector(f"{name}.b")), requires_grad=False
    )
    return norm
