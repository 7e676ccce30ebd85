"""Access of other processes to this one."""

import ctypes

#: Operation of `prctl`, from `linux/prctl.h`.
_PR_SET_DUMPABLE = 4


def hide_from_own_user() -> None:
    """Hide environment and memory of the process from processes of the same user, on Linux.

    Workers parse text from outside as the same user, and must not read secrets in
    `/proc/PID/environ`. Debuggers and core dumps then need root.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
