"""Other processes of the same user cannot read the environment of a command."""

import pwd
import subprocess
import sys

import pytest

from service.commands.running import process_access

#: A process with a secret becomes an ordinary user, and its child reads its environment.
SCRIPT = f"""
import ctypes, importlib.util, os, sys
spec = importlib.util.spec_from_file_location("access", {process_access.__file__!r})
access = importlib.util.module_from_spec(spec)
spec.loader.exec_module(access)
if os.geteuid() == 0:
    os.setuid({pwd.getpwnam("nobody").pw_uid})
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as in a process that was started by this user
if sys.argv[1] == "hide":
    access.hide_from_own_user()
if os.fork() == 0:
    try:
        print("secret=1" in open(f"/proc/{{os.getppid()}}/environ").read(), flush=True)
    except PermissionError:
        print("denied", flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is part of Linux")
@pytest.mark.parametrize(("mode", "expected"), [("hide", "denied"), ("show", "True")])
def test_environment_is_hidden_from_processes_of_the_user(mode: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, mode],
        env={"secret": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == expected, done.stderr
