"""How a network takes its products: no bit of a vector depends on it."""

import threading

import torch
from threadpoolctl import ThreadpoolController

from service.embed.low_precision import (
    SINGLE_THREAD_TEXTS,
    ThreadLimiter,
    cast_linear_weights_to_bfloat16,
)


def test_weights_are_reduced_once_and_no_vector_changes_by_a_bit() -> None:
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        torch.nn.Linear(64, 256), torch.nn.GELU(), torch.nn.LayerNorm(256), torch.nn.Linear(256, 64)
    )
    texts = torch.randn(5, 64)

    def products() -> torch.Tensor:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            found: torch.Tensor = network(texts)
        return found

    before = products()
    cast_linear_weights_to_bfloat16(network)
    assert network[0].weight.dtype == network[3].weight.dtype == torch.bfloat16
    assert network[2].weight.dtype == torch.float32  # no product
    assert torch.equal(products(), before)


def test_a_few_texts_are_read_by_one_thread_and_others_are_left_as_they_are() -> None:
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
