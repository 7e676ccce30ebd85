"""Checks of this machine: clock, free space, listen address."""

import ctypes
import errno
import json
import os
import shutil
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from service.commands.setup.findings import Finding
from service.settings.load import Settings
from service.settings.sections.web import WebSettings
from service.store.database.data.location import data_folder

#: Return value of adjtimex if the clock is not synchronised, and the size of its argument or more.
_TIME_ERROR, _TIMEX_BYTES = 5, 512
#: Seconds to wait for a server on the port.
_TIMEOUT = 3.0
#: Free space below this is worth a warning, MiB.
_LOW_SPACE = 2048


def check_clock() -> Finding:
    """Whether the kernel has the system clock as synchronised; Linux only."""
    if sys.platform != "linux":
        return Finding("clock", "ok", "the synchronisation is not checked on this system")
    if ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) == _TIME_ERROR:
        return Finding(
            "clock",
            "warning",
            "the system clock is not synchronised",
            "start chrony or systemd-timesyncd on the host; dates of reports depend on the clock",
        )
    return Finding("clock", "ok", "the system clock is synchronised")


def check_disk(settings: Settings) -> Finding:
    """Whether each folder that samestory writes to exists or can be created, with enough space.

    Raises:
        EmbeddedServerError: the data folder cannot be used.
    """
    required = max(settings.database.min_free_mib, 1)
    free_spaces = []
    for name, folder in _find_folders(settings):
        parent = next(each for each in (folder, *folder.parents) if each.exists())
        free = shutil.disk_usage(parent).free >> 20
        if not os.access(parent, os.W_OK):
            remedy = f"let this user write there, or change {name}"
            return Finding("disk", "failed", f"{parent} is not writable ({name})", remedy)
        if free < required:
            remedy = f"free space, or change {name}"
            return Finding("disk", "failed", f"{parent} has only {free} MiB of free space", remedy)
        free_spaces.append((free, parent))
    free, parent = min(free_spaces)
    if free < _LOW_SPACE:
        remedy = "free space; the settings retention.* limit the size of the database"
        return Finding("disk", "warning", f"{parent} has only {free} MiB of free space", remedy)
    return Finding("disk", "ok", f"{free >> 10} GiB free in {parent}")


def _find_folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "TMPDIR", Path(tempfile.gettempdir())
    if not settings.database.url:
        yield "database.data_dir", data_folder(settings.database.data_dir)
    if settings.mail.folder:
        yield "mail.folder", Path(settings.mail.folder).resolve()
    if settings.export.target and "://" not in settings.export.target:
        yield "export.target", Path(settings.export.target).resolve()


def check_port(web: WebSettings) -> Finding:
    """Whether the web server can listen on its address, or does so already."""
    address = f"{web.host} port {web.port}"
    try:
        family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
        socket.create_server((web.host, web.port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _serves_samestory(web):
            return Finding("port", "ok", f"samestory is running on {address}")
        reason = error.strerror or str(error)
        remedy = "set SAMESTORY_WEB__HOST and SAMESTORY_WEB__PORT to another address"
        return Finding("port", "failed", f"cannot listen on {address}: {reason}", remedy)
    return Finding("port", "ok", f"{address} is free")


def _serves_samestory(web: WebSettings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104  # compared
    host = f"[{host}]" if ":" in host else host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://{host}:{web.port}/healthz"
    with suppress(OSError, ValueError), opener.open(url, timeout=_TIMEOUT) as response:
        return bool(json.load(response) == {"status": "up"})
    return False
