"""Return of freed memory to the operating system.

The allocator of glibc keeps the memory that a large batch freed: 150 MB after 700 articles. By
default, each thread also has its own heap, which keeps freed memory for the thread. Jobs and
requests run in changing threads, so the memory of a daemon would grow (decision record 0042). And
PyTorch keeps up to 1,024 compiled kernels, one for each size of a product.
"""

import ctypes
import os
from collections.abc import Mapping, MutableMapping

#: Parameter of `mallopt`, from `malloc.h` of glibc.
_M_ARENA_MAX = -8
#: Heaps of the process. With only one, threads would wait for each other more often.
_HEAPS = 2
#: Compiled kernels that PyTorch keeps; a kernel takes up to .5 MB.
_KERNELS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")


def share_heaps(environ: Mapping[str, str] = os.environ) -> bool:
    """Make all threads share two heaps; call it before the process starts threads.

    Returns False without glibc, or if a variable of the environment sets the number of heaps.
    """
    libc = ctypes.CDLL(None)
    tunables = environ.get("GLIBC_TUNABLES", "")
    if "MALLOC_ARENA_MAX" in environ or "glibc.malloc.arena_max" in tunables:
        return False
    return hasattr(libc, "gnu_get_libc_version") and libc.mallopt(_M_ARENA_MAX, _HEAPS) == 1


def limit_kernels(environ: MutableMapping[str, str] = os.environ) -> None:
    """Limit the kernels that PyTorch keeps; call it before the first matrix product.

    A variable that is already set keeps its value.
    """
    environ.setdefault(*_KERNELS)


def trim() -> None:
    """Return free memory at the cost of some milliseconds. Does nothing without glibc."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
