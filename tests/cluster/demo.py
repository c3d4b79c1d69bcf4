"""`make demo`: several users submit the same PySpark job through the wrapper; a real ResourceManager runs it.

What was decided is asked of `placement decide`; where the job really ran, of the ResourceManager. Then admission, and
estimates.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from tests.cluster import demo_admission, demo_estimates, parts
from tests.cluster.gateway import Gateway
from tests.cluster.yarn import USERS, Yarn, YarnError

JOB = Path(__file__).parent / "jobs" / "count.py"
PLACEMENT = Path(sys.executable).parent / "placement"
AT_ONCE = 2  # jobs that run side by side
LONGEST_S = 300  # for one job, after which something is wrong
NOT_ALLOWED = 77


@dataclass
class Submission:
    """One row: who submits, what is asked for, and what became of it. `is_as_decided` None: not known yet."""

    user: str
    asked: str | None = None
    decision: dict[str, Any] = field(default_factory=dict)
    queue: str = ""
    state: str = ""
    is_as_decided: bool | None = None

    @property
    def name(self) -> str:
        return f"demo-{self.user}-{self.asked or 'any'}"

    @property
    def command(self) -> list[str]:
        asked = ["--queue", self.asked] if self.asked else []
        return ["spark-submit", "--name", self.name, *asked, str(JOB)]

    @property
    def decided(self) -> str:
        rule = self.decision.get("rule")
        if rule:
            return f"{self.decision['queue']} (map.txt:{rule['line']})"
        return f"refused: {self.decision['reason']}" if self.decision else ""


SUBMISSIONS = [
    Submission("alice"),
    Submission("bob"),
    Submission("carol"),
    Submission("alice", asked="root.applications.dev"),
    Submission("bob", asked="root.applications.prod"),
]
Tell = Callable[[Submission], None]


def main() -> int:
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=140)
    begin = time.monotonic()
    console.print("starting a ResourceManager and a NodeManager ...")
    try:
        with Yarn("fair", demo_admission.scheduler_file()) as yarn:
            console.print(f"YARN is up after {yarn.start_seconds:.0f} s: {yarn.url}")
            gateway = Gateway(yarn, yarn.directory)
            show(console, lambda tell: run_all(gateway, tell))
            say_refusals(console, gateway)
            waited = demo_admission.run(console, yarn)
            advised = demo_estimates.run(console, yarn, PLACEMENT)
            yarn.keep = not (waited and advised and all(each.is_as_decided for each in SUBMISSIONS))
    except (YarnError, parts.MissingPart, TimeoutError) as error:
        console.print("\n".join([f"demo: {error}", *getattr(error, "__notes__", ())]), markup=False)
        return 1
    if yarn.keep:
        console.print(f"demo: NOT as decided; the logs are in {yarn.logs}")
        return 1
    took_s = time.monotonic() - begin
    console.print(
        f"\nEvery job ran where map.txt says, when it had room, or was refused; {took_s:.0f} s in all. By hand:\n"
    )
    console.print(by_hand(), markup=False, soft_wrap=True)
    return 0


def say_refusals(console: Console, gateway: Gateway) -> None:
    for each in SUBMISSIONS:
        if each.decision["outcome"] == "reject":
            words = each.decision["message"].replace(str(gateway.policy), "/etc/placement")
            console.print(f"{each.user} was told: {words}", markup=False)


def run_all(gateway: Gateway, tell: Tell) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for ended in [pool.submit(run, each, gateway, tell) for each in SUBMISSIONS]:
            ended.result()


def run(submission: Submission, gateway: Gateway, tell: Tell) -> None:
    """Decides, submits, and follows the job to its end, telling of every change."""

    def become(state: str) -> None:
        if state != submission.state:
            submission.state = state
            tell(submission)

    decided = gateway.run(submission.user, PLACEMENT, "decide", "--json", "--", *submission.command)
    submission.decision = json.loads(decided.stdout)
    become("starting")
    log = gateway.yarn.logs / f"{submission.name}.log"
    with open(log, "wb") as output:
        environ = gateway.environment(submission.user)
        wrapper = subprocess.Popen(
            submission.command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        deadline = time.monotonic() + LONGEST_S
        while wrapper.poll() is None:
            if time.monotonic() > deadline:
                wrapper.kill()
            if application := gateway.application(submission.name):
                become(application["state"].lower())
            time.sleep(0.3)
    expected = submission.decision["queue"]
    was_said = submission.decision["message"] in log.read_text(errors="replace")
    application = gateway.application(submission.name)
    if application:
        report = gateway.yarn.wait(application["id"])
        submission.queue = report["queue"]
        submission.is_as_decided = was_said and wrapper.returncode == 0 and submission.queue == expected
        become(report["finalStatus"].lower())
    else:
        submission.is_as_decided = was_said and wrapper.returncode == NOT_ALLOWED and expected is None
        become(f"not submitted, exit {wrapper.returncode}")


def show(console: Console, work: Callable[[Tell], None]) -> None:
    """Runs `work` under a table that fills on a terminal; elsewhere a line for each change, then the table."""
    if not console.is_terminal:
        work(lambda each: console.print(f"  {each.name}: {each.state}"))
        console.print(table())
        return
    with Live(table(), console=console, refresh_per_second=8) as live:
        work(lambda _: live.update(table()))


def table() -> Table:
    rows = Table()
    for title in ("user", "asked for", "decided (rule)", "ran in (ResourceManager)", "final state", ""):
        rows.add_column(title, overflow="fold")
    for each in SUBMISSIONS:
        user = f"{each.user} ({', '.join(USERS[each.user])})"
        rows.add_row(user, each.asked or "–", each.decided, each.queue or "–", each.state, mark(each))
    return rows


def mark(submission: Submission) -> RenderableType:
    if submission.is_as_decided is None:
        return Spinner("dots") if submission.state else ""
    return "[green]✓" if submission.is_as_decided else "[red]✗"


def by_hand() -> str:
    lines = ["  export PLACEMENT_POLICY=$PWD/policies/pnda PATH=$PWD/.venv/bin:$PATH", "  placement check"]
    for each in SUBMISSIONS:
        asked = f" --queue {each.asked}" if each.asked else ""
        lines.append(f"  placement decide --user {each.user} --groups {','.join(USERS[each.user])}{asked}")
    return "\n".join([*lines, "", "  make cluster    # such a YARN, to submit to from another terminal"])


if __name__ == "__main__":
    sys.exit(main())
