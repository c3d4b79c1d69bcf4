"""Rules inside one process: what compiling 100,000 of them takes, and how many decisions a second come out."""

import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from placement.folder import INDEX
from placement.policy_files import PolicyFiles
from placement.rules.index import open_index
from placement.rules.match import candidates, choose

if TYPE_CHECKING:
    from placement.rules.match import RuleBook

RULES = 100_000
PEOPLE = 500  # at work at a time, so that what one lookup brings into the processor's cache serves another
SECONDS, ROUNDS = 0.2, 10  # for each figure
COMPILE = "import sys; from placement.cli import main; main()"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for title, condition in (("plain rules", ""), ("a condition in every tenth rule", " if memory > 64g")):
            Path(folder, "map.txt").write_text(map_text(condition))
            print(f"\n{RULES} rules, {title}")
            compiling(folder)
        parsed, _ = PolicyFiles(folder).rules()
        index = open_index(os.path.join(folder, INDEX), os.geteuid())
        assert index
        show("to compare: an empty function called", per_second(lambda: None))
        show("opening the index", per_second(lambda: open_index(os.path.join(folder, INDEX), os.geteuid())))
        index.check()
        gc.freeze()  # as a process does that lives on with its policy
        for name, book in (("in memory", parsed), ("by the index", index)):
            for what, groups in (("1 group", 1), ("16 groups", 16), ("1,000 groups", 1_000)):
                show(f"decisions {name}, a user with {what}", per_second(decisions(book, groups)))


def map_text(condition: str) -> str:
    """Half of the rules for users, half for groups, the last for everyone."""
    lines = []
    for number in range(RULES - 1):
        target = f"user{number}:" if number % 2 else f":group{number}"
        lines.append(f"{target}  root.batch.q{number % 500}{condition if number % 10 == 0 else ''}\n")
    return "".join(lines) + "*  root.default\n"


def compiling(folder: str) -> None:
    """Time and memory of `placement compile` in a process of its own."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", COMPILE, "compile", folder], check=True)
    took_s = time.perf_counter() - begin
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  placement compile: {took_s:.2f} s, at most {peak_mib:.0f} MiB")


def decisions(book: "RuleBook", groups: int) -> Callable[[], object]:
    """One decision after another, for PEOPLE users in turn; one of the groups has a rule, and so has everyone."""
    mine = tuple(f"mine{number}" for number in range(1, groups))
    step = RULES // PEOPLE // 2 * 2
    people = [(f"user{number * step + 1}", (f"group{number * step + 2}", *mine)) for number in range(PEOPLE)]
    whose_turn = cycle(people).__next__

    def one() -> object:
        user, names = whose_turn()
        return choose(candidates(book, user, names, {}, "fair"), None, "fair")

    return one


def per_second(act: Callable[[], object]) -> float:
    """The best of ROUNDS, as whatever else the machine does can only add to the time."""
    return max(1 / _seconds_each(act) for _ in range(ROUNDS))


def _seconds_each(act: Callable[[], object]) -> float:
    count, begin = 0, time.perf_counter()
    while (took := time.perf_counter() - begin) < SECONDS:
        for _ in range(100):
            act()
        count += 100
    return took / count


def show(what: str, number: float) -> None:
    print(f"  {what:<48} {number:12,.0f} a second, {1e6 / number:10,.1f} us each")


if __name__ == "__main__":
    main()
