"""The last act of `make demo`: a wasteful job runs four times, and the fifth time is told what to ask for instead.

What is said is the wrapper's own words; what was given is asked of the ResourceManager.
"""

import getpass
import json
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.cluster.gateway import Gateway
from tests.cluster.yarn import Yarn

JOB = Path(__file__).parent / "jobs" / "hold.py"
NAME, HELD_MIB = "hold", "100"  # what the job calls itself, and what its executor holds
QUEUE = "root.default"
USER = getpass.getuser()  # as a log counts only if its file belongs to whom the ResourceManager names
ASKED = ("--executor-memory", "2g")
RUNS = 4
CONF = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.executor.metrics.pollingInterval": "100ms",  # as the job is short
    "spark.executor.instances": "1",
}
ADVICE = re.compile(r"^placement: (used .* of .* per executor in the last \d+ runs: ask for .*)$", re.MULTILINE)
ADVISED = re.compile(r"\(--executor-memory (\w+)\)")


def run(console: Console, yarn: Yarn, placement: Path) -> bool:
    """Whether it was advised, and the advice, taken, was given. `placement`: the command."""
    folder = yarn.directory / "estimates"
    logs = folder / "events"
    logs.mkdir(parents=True)
    gateway = Gateway(yarn, folder)
    (gateway.policy / "map.txt").write_text(f"* {QUEUE}\n")
    (gateway.policy / "groups.yaml").write_text(json.dumps({USER: [USER]}))
    with open(gateway.policy / "site.yaml", "a", encoding="utf-8") as site:
        site.write(
            f"estimates: {{table: {folder}/estimates.table, database: {folder}/runs.sqlite, spark-logs: [{logs}]}}\n"
        )
    console.print(f"\nEstimates: on. {USER} runs a small job again and again, with executors of 2 GiB.", markup=False)
    ended = [_submit(gateway, logs, *ASKED) for _ in range(RUNS)]
    learned = gateway.run(USER, placement, "learn", "--days", "1")
    _tell(console, f"after {RUNS} runs, `placement learn`:", learned.stdout + learned.stderr)
    told = _submit(gateway, logs, *ASKED)
    before = _given(gateway)
    advice = ADVICE.search(told.stderr)
    _tell(console, f"at the fifth run {USER} is told:", advice[1] if advice else told.stderr)
    advised = ADVISED.search(advice[1]) if advice else None
    statuses = [each.returncode for each in (*ended, told)]
    if not advised or any(statuses):
        console.print("  [red]✗[/] NOT as it should be")
        return False
    taken = _submit(gateway, logs, "--executor-memory", advised[1])
    after = _given(gateway)
    console.print(f"  {USER} takes it: {after} instead of {before} MiB x s were given (ResourceManager)", markup=False)
    is_right = taken.returncode == 0 and after < before
    console.print("  [green]✓[/] as it should be" if is_right else "  [red]✗[/] NOT as it should be")
    return is_right


def _submit(gateway: Gateway, logs: Path, *options: str) -> Any:
    conf = {**CONF, "spark.eventLog.dir": f"file://{logs}"}
    words = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
    return gateway.run(USER, "spark-submit", *options, *words, str(JOB), HELD_MIB)


def _given(gateway: Gateway) -> int:
    """MiB times seconds that the ResourceManager counts of the newest run."""
    application = gateway.application(NAME)
    return int(gateway.yarn.wait(application["id"])["memorySeconds"]) if application else 0


def _tell(console: Console, what: str, words: str) -> None:
    console.print(f"  {what}", markup=False)
    for line in words.strip().splitlines():
        console.print(f"    {line}", markup=False, soft_wrap=True)
