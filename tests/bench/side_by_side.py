"""Whole processes timed side by side: each command in turn, round after round, so that a drifting machine hits all."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

Command = tuple[Sequence[str | Path], Mapping[str, str]]  # arguments, environment


def medians(commands: Mapping[str, Command], rounds: int = 21) -> dict[str, float]:
    """Median wall time of each command in seconds, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (arguments, environ) in commands.items():
            begin = time.perf_counter()
            subprocess.run(arguments, env=dict(environ), stdout=subprocess.DEVNULL, check=True)
            if number:
                times[name].append(time.perf_counter() - begin)
    return {name: median(measured) for name, measured in times.items()}


def show(title: str, found: Mapping[str, float], against: str) -> None:
    """A table of milliseconds and of the ratio to the command named `against`."""
    print(f"\n{title}")
    for name, seconds in found.items():
        print(f"  {name:<44} {seconds * 1000:8.1f} ms {seconds / found[against]:6.2f} x")
