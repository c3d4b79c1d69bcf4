"""A wait for which nobody is there any more: the wrappers that a kernel has waiting. Adapter, for Linux."""

from pathlib import Path

MARK = b"placement.shim"  # in the command line of a wrapper, until it becomes the real command


def waiting_wrappers(pid: int) -> list[int]:
    """The children of process `pid` that are wrappers still: they wait, or decide. Source: proc(5)."""
    found = []
    for listed in Path("/proc", str(pid), "task").glob("*/children"):
        found += [
            int(child) for child in _text(listed).split() if MARK in _text(Path("/proc", child.decode(), "cmdline"))
        ]
    return found


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended
