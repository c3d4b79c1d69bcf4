"""Keeps one daemon, and lets nothing of it survive: `python keeper.py COMMAND [ARGUMENT ...]`, stdin a pipe.

The daemon and whatever it starts, sessions of their own included, are ended as soon as the daemon exits or
the pipe closes. Its owner closes it to stop, the kernel when the owner is killed. Standard library only.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE_S = 1.0
_POLL_S = 0.1
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)


def main(command: list[str]) -> int:
    """The daemon's exit status, 0 if it was stopped through the pipe or by SIGTERM."""
    # INVARIANT subreaper: orphans of the daemon become our children, so the tree below us is complete.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent).pid  # noqa: PLW1509  one thread only
        while not select.select([0], [], [], _POLL_S)[0]:
            while (ended := _reap()) is not None:
                if ended[0] == daemon:
                    return os.waitstatus_to_exitcode(ended[1]) & 0xFF
        return 0
    finally:
        _end_descendants()


def _die_with_parent() -> None:
    """In the daemon, before exec: even a killed keeper takes it along."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def _reap() -> tuple[int, int] | None:
    """Id and wait status of an ended child, None if none has ended. Raises ChildProcessError if childless."""
    pid, status = os.waitpid(-1, os.WNOHANG)
    return (pid, status) if pid else None


def _end_descendants() -> None:
    """SIGTERM to all, GRACE_S later SIGKILL; by INVARIANT subreaper, without a child nothing is left."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _signal_descendants(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    with contextlib.suppress(ChildProcessError):
        while True:
            while _reap():
                pass
            if time.monotonic() > deadline:
                _signal_descendants(signal.SIGKILL)
            time.sleep(_POLL_S / 2)


def _signal_descendants(number: signal.Signals) -> None:
    for pid in _descendants():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _descendants() -> list[int]:
    """Ids of the processes below this one; one that just lost its parent may be missing for a moment."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as stat:
                    # pid (name, which may hold blanks and brackets) state parent ...
                    parent = int(stat.read().rpartition(b")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found = list(children.get(os.getpid(), ()))
    for pid in found:  # grows while it is walked
        found += children.get(pid, ())
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
