"""Whole processes timed side by side: each command in turn, round after round, so that a drifting machine hits all."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

Command = tuple[Sequence[str | Path], Mapping[str, str]]  # arguments, environment


# A process counts the memory of the one that it was forked from as its own; so a small one does that.
LAUNCHER = """
import posix, sys
child = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ)
print(posix.wait4(child, 0)[2].ru_maxrss, file=sys.stderr)
"""


class Measured(NamedTuple):
    """Medians of wall time and of the processor's time of one process (seconds); the largest memory it held (KiB)."""

    wall_s: float
    cpu_s: float
    peak_kib: int


def measured(commands: Mapping[str, Command], rounds: int = 41) -> dict[str, Measured]:
    """What each command takes, after one round that does not count."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (arguments, environ) in commands.items():
            once = _once([os.fspath(argument) for argument in arguments], dict(environ))
            if number:
                found[name].append(once)
    return {
        name: Measured(
            median(wall_s for wall_s, _ in found[name]),
            median(cpu_s for _, cpu_s in found[name]),
            _peak_kib([os.fspath(argument) for argument in arguments], environ),
        )
        for name, (arguments, environ) in commands.items()
    }


def show(title: str, found: Mapping[str, Measured], against: str) -> None:
    """A table of milliseconds and memory, and of the ratios to the command named `against`."""
    print(f"\n{title}")
    base = found[against]
    for name, each in found.items():
        print(
            f"  {name:<44} {each.wall_s * 1000:8.1f} ms {each.wall_s / base.wall_s:6.2f} x"
            f" {each.cpu_s * 1000:8.1f} ms cpu {each.cpu_s / base.cpu_s:6.2f} x"
            f" {each.peak_kib / 1024:7.1f} MiB {each.peak_kib / base.peak_kib:5.2f} x"
        )


def _once(arguments: list[str], environ: dict[str, str]) -> tuple[float, float]:
    path = shutil.which(arguments[0]) or arguments[0]
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    begin = time.perf_counter()
    child = os.posix_spawn(path, arguments, environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - begin
    if status:
        raise RuntimeError(f"{arguments} ended with {os.waitstatus_to_exitcode(status)}")
    return took, used.ru_utime + used.ru_stime


def _peak_kib(arguments: list[str], environ: Mapping[str, str]) -> int:
    path = shutil.which(arguments[0]) or arguments[0]
    launcher = (sys.executable, "-I", "-S", "-c", LAUNCHER, path, *arguments[1:])
    done = subprocess.run(launcher, env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(done.stderr.splitlines()[-1])
