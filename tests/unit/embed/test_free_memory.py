"""Memory of a process: all threads share two heaps, and PyTorch keeps few kernels."""

import ctypes
import os
import subprocess
import sys

import pytest

from service.embed.free_memory import limit_kernels

KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="needs the allocator of glibc"
)

#: Starts the command line, then lets eight threads allocate, and prints the heaps of the allocator.
CODE = """
import atexit, ctypes, sys, threading
from service import cli

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fdopen.restype = ctypes.c_void_p

def print_heaps():
    barrier = threading.Barrier(8)
    def allocate():
        libc.malloc(ctypes.c_size_t(1 << 16))
        barrier.wait()
    threads = [threading.Thread(target=allocate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out = ctypes.c_void_p(libc.fdopen(1, b"w"))
    libc.malloc_info(0, out)
    libc.fflush(out)

atexit.register(print_heaps)
sys.argv = ["samestory", "--version"]
cli.main()
"""


@pytest.mark.parametrize(
    ("variables", "most"),
    [({}, 2), ({"MALLOC_ARENA_MAX": "4"}, 4), ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=4"}, 4)],
)
def test_threads_share_two_heaps_unless_the_environment_sets_their_number(
    variables: dict[str, str], most: int
):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.count("<heap nr=") == most


@pytest.mark.parametrize(("variables", "kept"), [({}, "128"), ({KERNELS: "7"}, "7")])
def test_number_of_kernels_is_limited_unless_the_environment_sets_it(
    variables: dict[str, str], kept: str
):
    environ = dict(variables)
    limit_kernels(environ)
    assert environ == {KERNELS: kept}
