"""bfloat16 inference on the CPU: processor detection, weight casting, thread limit."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from threadpoolctl import ThreadpoolController

from service.settings.sections.embedding import Precision

#: Batches of at most this many texts run on one thread: their products are too small to split.
SINGLE_THREAD_TEXTS = 4

_CPU_FLAGS = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def uses_bfloat16(precision: Precision, cpu_flags: Path = _CPU_FLAGS) -> bool:
    """Whether matrix products run in bfloat16; "auto" depends on the processor.

    Sums stay in float32: cosines change by at most .003, F1 of groupings by at most .005.
    """
    if precision == "auto":
        return cpu_has_bfloat16(cpu_flags)
    return precision == "bfloat16"


def cpu_has_bfloat16(cpu_flags: Path) -> bool:
    """Whether the processor multiplies bfloat16 in hardware; without it bfloat16 is not faster."""
    with contextlib.suppress(OSError):
        flags = cpu_flags.read_text(encoding="ascii", errors="replace").split()
        return not _BFLOAT16_FLAGS.isdisjoint(flags)
    return False


class ThreadLimiter:
    """Limits matrix products to the calling thread.

    A product that is split across threads waits for its slowest part, dozens of times per text. On
    a busy machine, the encoding of one search query therefore took 800 ms instead of 6 ms.
    """

    def __init__(self) -> None:
        self._pools = ThreadpoolController().select(user_api="openmp")

    @contextmanager
    def limit(self, count: int) -> Iterator[None]:
        """Use one thread for a batch of at most `SINGLE_THREAD_TEXTS`, in this thread only."""
        with self.single() if count <= SINGLE_THREAD_TEXTS else contextlib.nullcontext():
            yield

    @contextmanager
    def single(self) -> Iterator[None]:
        """Use one thread for all products of this thread."""
        # The first call in a thread sets the number of threads, so call it before the limit.
        torch.get_num_threads()
        with self._pools.limit(limits=1):
            yield


def cast_linear_weights_to_bfloat16(network: torch.nn.Module) -> None:
    """Cast the weights of linear layers to bfloat16, in place, for networks run under autocast.

    Autocast would cast them before each product, which for one short text takes as long as the
    product itself. The vectors do not change by a bit.
    """
    for module in network.modules():
        if type(module) is torch.nn.Linear:
            module.to(torch.bfloat16)
