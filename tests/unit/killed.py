"""A process that is killed at a given call of a function of `os`, or of a database."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import event

_KILLING = """
import os, signal, sys
function, calls, is_after = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "after"
real = getattr(os, function)
def killed(*arguments, **more):
    global calls
    calls -= 1
    if calls or is_after:
        real(*arguments, **more)
    if not calls:
        os.kill(os.getpid(), signal.SIGKILL)
setattr(os, function, killed)
"""

# Runs a test for each call by which `whole_file` writes a file; `is_new`: whether the new one has its place by then.
at_each_call_of_a_write = pytest.mark.parametrize(
    ("function", "call", "moment", "is_new"),
    [
        (function, call, moment, (function, call) == ("fsync", 2) or (function, moment) == ("rename", "after"))
        for function, call in (("write", 1), ("fchmod", 1), ("fsync", 1), ("rename", 1), ("fsync", 2))
        for moment in ("before", "after")
    ],
)


def run(code, path, function, call, moment):
    """Runs Python `code`, which finds `path`; it is killed `before` or `after` the `call`-th call of `os.FUNCTION`."""
    command = [sys.executable, "-c", f"{_KILLING}path = sys.argv[4]\n{code}", function, str(call), moment, path]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


def at_call_of_database(number, engine, work):
    """Ends this process, a fork: killed at that statement or commit of what `engine` gives, while `work` is done.

    Its status is 0 where there are fewer, 2 where the work fails.
    """
    left = number

    def count(*_):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        there = engine()
        for moment in ("before_cursor_execute", "commit"):
            event.listen(there, moment, count)
        work(there)
        os._exit(0 if left > 0 else 1)
    finally:
        os._exit(2)
