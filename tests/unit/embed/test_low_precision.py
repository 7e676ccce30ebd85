"""bfloat16 weights and thread limits do not change outputs."""

import threading

import torch
from threadpoolctl import ThreadpoolController

from service.embed.models.low_precision import (
    SINGLE_THREAD_TEXTS,
    ThreadLimiter,
    cast_linear_weights_to_bfloat16,
)


def test_bfloat16_weights_do_not_change_outputs() -> None:
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        torch.nn.Linear(64, 256), torch.nn.GELU(), torch.nn.LayerNorm(256), torch.nn.Linear(256, 64)
    )
    texts = torch.randn(5, 64)

    def products() -> torch.Tensor:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            output: torch.Tensor = network(texts)
        return output

    before = products()
    cast_linear_weights_to_bfloat16(network)
    assert network[0].weight.dtype == network[3].weight.dtype == torch.bfloat16
    assert network[2].weight.dtype == torch.float32  # not a linear layer
    assert torch.equal(products(), before)


def test_small_batches_use_one_thread() -> None:
    limiter, seen = ThreadLimiter(), {}

    def read() -> None:
        torch.get_num_threads()
        with ThreadpoolController().select(user_api="openmp").limit(limits=2):
            for count in (1, SINGLE_THREAD_TEXTS, SINGLE_THREAD_TEXTS + 1):
                with limiter.limit(count):
                    seen[count] = torch.get_num_threads()
            seen[0] = torch.get_num_threads()

    before = torch.get_num_threads()
    reader = threading.Thread(target=read)
    reader.start()
    reader.join()
    assert seen == {1: 1, SINGLE_THREAD_TEXTS: 1, SINGLE_THREAD_TEXTS + 1: 2, 0: 2}
    assert torch.get_num_threads() == before
