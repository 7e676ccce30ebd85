"""How exactly products are taken."""

import contextlib
from pathlib import Path
from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]

_CPU_FLAGS = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def reduced(precision: Precision, cpu_flags: Path = _CPU_FLAGS) -> bool:
    """Whether products are taken in bfloat16; "auto" asks the processor.

    Sums stay in float32: cosines move by at most .003, groupings not at all.
    """
    if precision == "auto":
        return fast_bfloat16(cpu_flags)
    return precision == "bfloat16"


def fast_bfloat16(cpu_flags: Path) -> bool:
    """Whether the processor multiplies bfloat16 in hardware; elsewhere it is no faster."""
    with contextlib.suppress(OSError):
        flags = cpu_flags.read_text(encoding="ascii", errors="replace").split()
        return not _BFLOAT16_FLAGS.isdisjoint(flags)
    return False
