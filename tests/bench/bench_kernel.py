"""How long a kernel takes to start with a decision, beside the plain local provisioner; both in turn.

`python -m tests.bench.bench_kernel`. Until `start_kernel` is back, and until the kernel answers. No cluster.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles

from jupyter_client.manager import AsyncKernelManager

from placement.spark_home import make
from tests.conftest import ROOT

ROUNDS = 21
KINDS = {
    "local provisioner": None,
    "placement, a kernel without Spark": {},
    "placement, decided at the start": {"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"},
    "placement, checked (wrapped Spark home)": {"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        there.chmod(0o755)
        prepare(there)
        asyncio.run(compare())


def prepare(there: Path) -> None:
    """A policy of five rules with its index, and a kernelspec for each kind."""
    policy = there / "policy"
    policy.mkdir(mode=0o755)
    (policy / "map.txt").write_text("".join(f"u{n}: root.q{n}\n" for n in range(4)) + "me: root.a\n")
    (policy / "site.yaml").write_text(f"groups: {{static: groups.yaml}}\naudit: {{file: {there}/audit.jsonl}}\n")
    (policy / "groups.yaml").write_text("me: [staff]\n")
    real = there / "spark"
    (real / "bin").mkdir(parents=True)
    (real / "bin" / "spark-submit").write_text("#!/bin/sh\n")
    (real / "bin" / "spark-submit").chmod(0o755)
    make(real, there / "home", ROOT / "wrappers" / "spark-submit")
    for number, (kind, env) in enumerate(KINDS.items()):
        folder = there / "kernels" / f"k{number}"
        folder.mkdir(parents=True)
        stanza = {} if env is None else {"kernel_provisioner": {"provisioner_name": "placement"}}
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        home = {"SPARK_HOME": str(there / "home")} if "checked" in kind else {}
        spec = {"argv": argv, "display_name": kind, "language": "python", "env": {**(env or {}), **home}}
        (folder / "kernel.json").write_text(json.dumps(spec | {"metadata": stanza}))
    os.environ.update(JUPYTER_PATH=str(there), PLACEMENT_POLICY=str(policy), HADOOP_USER_NAME="me")
    for name in ("PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "MASTER"):
        os.environ.pop(name, None)


async def compare() -> None:
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for each in range(ROUNDS + 1):
        for number, kind in enumerate(KINDS):
            once = await started(f"k{number}")
            if each:
                found[kind].append(once)
    show(found)


async def started(name: str) -> tuple[float, float]:
    """Seconds until the kernel is launched, and until it answers."""
    manager = AsyncKernelManager(kernel_name=name)
    began_s = time.perf_counter()
    await manager.start_kernel(stderr=asyncio.subprocess.DEVNULL)
    launched_s = time.perf_counter() - began_s
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    ready_s = time.perf_counter() - began_s
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return launched_s, ready_s


def show(found: Mapping[str, list[tuple[float, float]]]) -> None:
    print(f"\nthe start of a kernel, medians and quartiles of {ROUNDS}")
    print(f"  {'':<42} {'launched':>20} {'answers':>24}")
    for kind, times in found.items():
        cells = []
        for values in zip(*times, strict=True):
            low, _, high = quantiles(values, n=4)
            cells.append(f"{median(values) * 1000:7.0f} ms ({low * 1000:.0f}-{high * 1000:.0f})")
        print(f"  {kind:<42} {cells[0]:>20} {cells[1]:>24}")


if __name__ == "__main__":
    main()
