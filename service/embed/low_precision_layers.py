"""How a network takes its products: on how many processors, from what weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import ThreadpoolController

#: Of so many texts, or fewer, each product is too small to be worth dividing.
FEW = 4


class Processors:
    """Lets the products of a few texts be taken by the thread that asks, alone.

    Where other work keeps the processors busy, a product that is divided waits for its slowest part,
    dozens of times in each text: that took a question from six milliseconds to eight hundred.
    """

    def __init__(self) -> None:
        self._pools = ThreadpoolController().select(user_api="openmp")

    @contextmanager
    def of(self, count: int) -> Iterator[None]:
        """Within the block this thread, and no other one, goes by how many texts it reads."""
        if count > FEW:
            yield
            return
        torch.get_num_threads()  # torch sets it itself when a thread first asks; so not later on
        with self._pools.limit(limits=1):
            yield


def with_reduced_weights(network: torch.nn.Module) -> None:
    """Keep the weights of products as bfloat16, in place; for networks that run under autocast.

    It would turn them into that before each product, which for one short text takes as long as
    the product. No vector changes by a bit.
    """
    for module in network.modules():
        if type(module) is torch.nn.Linear:
            module.to(torch.bfloat16)
