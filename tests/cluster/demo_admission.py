"""An act of `make demo`: a full queue, somebody who waits, the turn; a refusal, and its way out taken.

What is said is the wrapper's own words; what was submitted is asked of the ResourceManager.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.cluster.agent import Agent, Wrapper, until
from tests.cluster.gateway import Gateway
from tests.cluster.yarn import Yarn

JOB = Path(__file__).parent / "jobs" / "count.py"
TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "fair-scheduler.xml"
QUEUE = "root.nightly"
NIGHTLY = """\
<queue name="nightly">
      <aclSubmitApps>*</aclSubmitApps>
      <maxRunningApps>1</maxRunningApps>
      <maxResources>3072 mb, 4 vcores</maxResources>
      <maxAMShare>-1.0</maxAMShare>
    </queue>
    """
QUEUES = "queues:\n  - {name: nightly, max-am-share: -1}\n"  # what no ResourceManager tells the agent
BEFORE = '<queue name="default">'
TOO_MANY = ("--num-executors", "9")
WAY_OUT = re.compile(r"placement: would .* with (--num-executors \d+) in ")
NOT_ALLOWED = 77


def scheduler_file() -> str:
    """The fair scheduler's file of templates/, with a queue more: QUEUE, for one application at a time."""
    return TEMPLATE.read_text().replace(BEFORE, NIGHTLY + BEFORE, 1)


def run(console: Console, yarn: Yarn) -> bool:
    """Whether all of it was as decided. Raises TimeoutError or YarnError where something does not come at all."""
    folder = yarn.directory / "admission"
    folder.mkdir()
    gateway = Gateway(yarn, folder)
    (gateway.policy / "map.txt").write_text(f"* {QUEUE}\n")
    (gateway.policy / "queues.yaml").write_text(QUEUES)
    console.print(f"\nAdmission: on. `{QUEUE}` runs one application at a time, of 3 GiB at most.", markup=False)
    wrappers: list[Wrapper] = []
    with Agent(gateway) as agent:
        try:
            steps = _Steps(console, agent, wrappers)
            is_right = steps.wait_and_refusal()
        finally:
            for each in wrappers:
                each.end()
    console.print("  [green]✓[/] all as decided" if is_right else "  [red]✗[/] NOT as decided")
    return is_right


class _Steps:
    """What happens, told on `console`; all that is submitted is kept in `wrappers`."""

    def __init__(self, console: Console, agent: Agent, wrappers: list[Wrapper]) -> None:
        self._console = console
        self._agent = agent
        self._wrappers = wrappers

    def wait_and_refusal(self) -> bool:
        """Whether all of it was as decided."""
        first = self._submit("carol")
        until(lambda: first.application, "carol's application is there")
        self._tell("carol's job has the queue to itself")

        second = self._submit("bob")
        until(self._agent.waiting, "bob's job waits")
        self._say("bob submits the same", until(lambda: second.said, "bob is told so"))
        refused = self._submit("alice", *TOO_MANY)
        status = refused.ended()
        self._say(f"alice asks for {' '.join(TOO_MANY)}", refused.said)
        way = WAY_OUT.search(refused.said)
        submitted = [each.name for each in (second, refused) if each.application]
        self._tell(f"the ResourceManager knows {' and '.join(submitted) or 'nothing'} of bob's and alice's jobs")
        if first.process.poll() is not None or submitted or status != NOT_ALLOWED or not way:
            return False

        taken = self._submit("alice", *way[1].split())
        statuses = [each.ended() for each in (first, second, taken)]
        ran = [self._agent.gateway.yarn.wait(each.application["id"]) for each in (first, second, taken)]
        self._say("bob's turn came when carol's job had ended", _last_of_ours(second))
        self._say(f"alice takes the way out, {way[1]}", _last_of_ours(taken))
        for each in ran:
            self._tell(f"{each['name']}: {each['finalStatus']} in {each['queue']} (ResourceManager)")
        return statuses == [0, 0, 0] and {each["queue"] for each in ran} == {QUEUE} and _one_by_one(ran)

    def _submit(self, user: str, *options: str) -> Wrapper:
        name = f"nightly-{user}" + "-again" * (user in [each.user for each in self._wrappers])
        command = ("spark-submit", "--name", name, *options, JOB)
        self._wrappers.append(Wrapper(self._agent.gateway, user, *command, name=name))
        return self._wrappers[-1]

    def _say(self, what: str, words: str) -> None:
        self._tell(f"{what}:")
        for line in words.replace(str(self._agent.gateway.policy), "/etc/placement").splitlines():
            self._console.print(f"    {line}", markup=False, soft_wrap=True)

    def _tell(self, words: str) -> None:
        self._console.print(f"  {words}", markup=False)


def _last_of_ours(wrapper: Wrapper) -> str:
    return [line for line in wrapper.said.splitlines() if line.startswith("placement: ")][-1]


def _one_by_one(ran: list[dict[str, Any]]) -> bool:
    """Whether none began before the one before it had ended."""
    times = [(each["startedTime"], each["finishedTime"]) for each in sorted(ran, key=lambda each: each["startedTime"])]
    return all(before[1] <= after[0] for before, after in pairwise(times))
