"""A real agent on a cluster of 1,000 queues, where 10,000 wait: decisions a second, many clients at once.

python -m tests.bench.bench_agent [sqlite|postgresql|run|wait|reject ...]
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.admission.resources import Resources
from placement.store.ledger import open_ledger
from tests.conftest import ROOT
from tests.postgres import Postgres
from tests.unit.agent.site_of_faults import recorded
from tests.unit.agent.stub_agent import Agent
from tests.unit.yarn.stub import answer, serving

QUEUES, WAITING, USERS = 1000, 10_000, 500
AT_ONCE, SECONDS, KEPT = 100, 3.0, 850
LARGE = {"memory": 10**9, "vCores": 10**6}
STATUS = json.dumps({"v": 1, "op": "status"}).encode() + b"\n"
FREE = {"memory_mib": 1024, "vcores": 1}
PLACES = [f"root.p{number % 20}.q{number}" for number in range(QUEUES)]
WANTED = ("run", "wait", "reject")


async def echo(path: str) -> None:
    """The least that a server in this language can do: one line comes back."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    await (await asyncio.start_unix_server(say, path, backlog=4096)).serve_forever()


def cluster() -> dict:
    """The recorded cluster with queues of our own: in every second of them all run that may."""
    said = recorded()
    said["metrics"]["clusterMetrics"] |= {"totalMB": 10**9, "availableMB": 10**9, "totalVirtualCores": 10**6}
    said["metrics"]["clusterMetrics"] |= {"availableVirtualCores": 10**6}
    said["apps"] = {"apps": {"app": []}}
    root = said["scheduler"]["scheduler"]["schedulerInfo"]["rootQueue"]
    leaf = root["childQueues"]["queue"][1] | {"maxResources": LARGE, "fairResources": LARGE}
    parents = {}
    for number, path in enumerate(PLACES):
        parent = path.rpartition(".")[0]
        there = parents.setdefault(parent, {**root, "queueName": parent, "childQueues": {"queue": []}})
        full = {"maxApps": 10, "numActiveApps": 10} if is_full(number) else {"maxApps": 10**6, "numActiveApps": 0}
        there["childQueues"]["queue"].append(leaf | full | {"queueName": path})
    for each in (root, *parents.values()):
        each |= {"maxResources": LARGE, "fairResources": LARGE, "steadyFairResources": LARGE}
    root["childQueues"] = {"queue": list(parents.values())}
    return said


def is_full(number: int) -> bool:
    return number // 20 % 2 == 1


FULL = [path for number, path in enumerate(PLACES) if is_full(number)]
EMPTY = [path for number, path in enumerate(PLACES) if not is_full(number)]


def request(number: int, wanted: str) -> bytes:
    """A submission that runs, waits or is rejected."""
    queue = (FULL if wanted == "wait" else EMPTY)[number % len(EMPTY)]
    size = FREE if wanted != "reject" else {"memory_mib": 10**8, "vcores": 1}
    demand = {"master": FREE, "containers": 2, "container": size}
    asked = {"id": f"{number:016x}", "user": f"u{number % USERS}", "candidates": [queue], "demand": demand}
    return json.dumps({"v": 1, "op": "submit", **asked, "command": "job"}).encode() + b"\n"


def fill(database: str) -> None:
    """So many wait already, as when the agent has begun anew."""
    one = Resources(1024, 1)
    with closing(open_ledger(database, os.uname().nodename)) as ledger, ledger.batch():
        for number in range(WAITING):
            path = FULL[number % len(FULL)]
            since_s = time.time() - 10
            user = f"u{number % USERS}"
            ledger.add(Entry(f"{number + 2**40:016x}", user, "root", (path,), Demand(one, 2, one), since_s))


async def rate(path: str, line: object, wanted: str) -> tuple[float, int]:
    """Answers a second, and how many, to AT_ONCE clients, each of which asks again as soon as it has its answer.

    Those that wait stay, as many as one account may have.
    """
    until, count = time.perf_counter() + SECONDS, 0
    kept = []

    async def client() -> None:
        nonlocal count
        while time.perf_counter() < until and len(kept) < KEPT:
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(line())
            said = await reader.readline()
            assert not wanted or json.loads(said)["outcome"] == wanted, said
            if wanted == "wait":
                kept.append(writer)
            else:
                writer.close()
            count += 1

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    took_s = time.perf_counter() - begin
    for writer in kept:
        writer.close()
    return count / took_s, count


def measure(folder: Path, database: str, address: str, wanted: list[str], bare: float) -> None:
    """Prints what an agent with this ledger does."""
    policy, path = folder / "policy", folder / "agent.sock"
    policy.mkdir(exist_ok=True)
    (policy / "map.txt").write_text("alice: root.default\n")
    (policy / "site.yaml").write_text(
        f"resource-managers: [{address}]\nadmission: {{socket: {path}, database: '{database}', reservation: 1h}}\n"
    )
    fill(database)
    environ = {**os.environ, "PLACEMENT_POLICY": str(policy)}
    command = [*PROFILE, str(Path(sys.executable).with_name("placement")), "agent"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, env=environ, stderr=log) as process:
        try:
            agent = Agent(path, process)
            while not path.exists() or agent.status()["resource_manager"]["age_s"] is None:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
            numbers = iter(range(2**30))
            for each in wanted:
                began_s = sum(psutil.Process(process.pid).cpu_times()[:2])
                found, count = asyncio.run(rate(str(path), lambda each=each: request(next(numbers), each), each))
                there, worked_s = agent.status(), sum(psutil.Process(process.pid).cpu_times()[:2]) - began_s
                print(
                    f"  {each:<8} {found:8,.0f}/s  {bare / found:6.2f} x   ({there['waiting']} wait, "
                    f"{there['reserved']} have a turn; {worked_s * 1e6 / count:.0f} us of the processor each)",
                    flush=True,
                )
                agent.until(lambda status: status["waiting"] == WAITING)  # the next ones do not pay for those
        finally:
            process.terminate()


PROFILE = [sys.executable, "-m", "cProfile", "-o", os.environ["PROFILE"]] if os.environ.get("PROFILE") else []


def main() -> None:
    """Prints all of it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asked = sys.argv[1:]
    wanted = [each for each in WANTED if each in asked] or list(WANTED)
    ledgers = [each for each in ("sqlite", "postgresql") if each in asked] or ["sqlite", "postgresql"]
    said = {name: answer(body) for name, body in cluster().items()}
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        behave = lambda request: said[request.split(" ")[1].partition("?")[0].removeprefix("/ws/v1/cluster/")]  # noqa: E731
        manager = opened.enter_context(serving(behave))
        bare = folder / "bare.sock"
        with subprocess.Popen([sys.executable, "-m", "tests.bench.bench_agent", f"echo:{bare}"]) as echoing:
            while not bare.exists():
                time.sleep(0.05)
            time.sleep(0.2)
            fastest, _ = asyncio.run(rate(str(bare), lambda: STATUS, ""))
            echoing.kill()
        print(f"\n{QUEUES} queues, {WAITING} wait, {AT_ONCE} clients at once; bare echo {fastest:,.0f}/s", flush=True)
        for each in ledgers:
            print(f"\n{each}: decisions a second, and by how much a bare echo is faster")
            own = folder / each
            own.mkdir()
            where = str(own / "ledger.sqlite")
            if each == "postgresql":
                where = opened.enter_context(Postgres(is_durable=True)).database()
            measure(own, where, manager.address, wanted, fastest)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].startswith("echo:"):
        asyncio.run(echo(sys.argv[1].removeprefix("echo:")))
    else:
        main()
