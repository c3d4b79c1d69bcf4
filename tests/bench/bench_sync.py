"""Plan and render for trees of up to 10,000 queues, on a real ResourceManager; fs2cs on the same file beside it.

python -m tests.bench.bench_sync; wants the parts of the test cluster.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from placement.policy_files import PolicyFiles
from placement.schedulers.rendering import content, render
from tests.cluster import configuration, parts
from tests.cluster.administrator import Administrator
from tests.cluster.yarn import Yarn

SIZES = (1_000, 3_000, 10_000)
CONVERTER = "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.converter.FSConfigToCSConfigConverterMain"
TIMED = """
import sys, time, resource
from placement.cli import main
from placement.yarn import exchange
asked = exchange.Exchange.ask
waited = last = 0.0
def ask(*arguments):
    global waited, last
    begin = time.perf_counter()
    try:
        return asked(*arguments)
    finally:
        last = time.perf_counter()
        waited += last - begin
exchange.Exchange.ask = ask
begin = time.perf_counter()
try:
    main()
finally:
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{end - begin:.2f} {waited:.2f} {end - last if last else 0:.2f} {peak:.0f}", file=sys.stderr)
"""


def allocations(size: int) -> str:
    """A fair-scheduler.xml with `size` queues, three levels deep, as people have them."""
    lines = ["<allocations>", '<queue name="root"><aclSubmitApps> </aclSubmitApps>']
    for top in range(size // 100):
        lines += [f'<queue name="t{top}"><weight>{top % 7 + 1}</weight><aclSubmitApps> g{top}</aclSubmitApps>']
        for middle in range(9):
            lines += [f'<queue name="m{middle}"><weight>{middle + 1}</weight>']
            for leaf in range(10):
                lines += [
                    f'<queue name="q{leaf}"><weight>{leaf + 1}</weight><maxRunningApps>{leaf + 5}</maxRunningApps>',
                    f"<minResources>{1024 * leaf} mb, {leaf} vcores</minResources>",
                    f"<aclSubmitApps>u{top}x{middle},v{leaf}</aclSubmitApps></queue>",
                ]
            lines += ["</queue>"]
        lines += ["</queue>"]
    return "\n".join([*lines, "</queue>", "</allocations>", ""])


def placement(administrator: Administrator, *arguments: str | Path) -> tuple[float, float, float, float]:
    """Seconds in all, seconds that the ResourceManager took, seconds after its last answer; the peak of memory, MiB."""
    done = administrator.run(*arguments, python=(sys.executable, "-c", TIMED))
    if done.returncode not in (0, 2):
        raise RuntimeError(done.stderr)
    total, waited, after, peak = map(float, done.stderr.splitlines()[-1].split())
    return total, waited, after, peak


def fs2cs(yarn: Yarn, file: Path, folder: Path) -> tuple[float, float]:
    """Seconds and MiB of Hadoop's own converter for the same file."""
    command = [
        *(str(parts.java_home() / "bin" / "java"), *configuration.QUICK_START.split(), configuration.OPENED),
        *("-cp", f"{yarn.conf_dir}:{parts.hadoop_lib()}/*", CONVERTER),
        *("-y", str(yarn.conf_dir / "yarn-site.xml"), "-f", str(file), "-o", str(folder), "-s"),
    ]
    folder.mkdir()
    begin = time.perf_counter()
    started = subprocess.Popen(
        command, env=yarn.environment(configuration.ADMIN), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, used = os.wait4(started.pid, 0)
    started.returncode = 0  # it has been waited for
    return time.perf_counter() - begin, used.ru_maxrss / 1024


def rendering(folder: Path, scheduler: str) -> float:
    """Seconds from the queue tree and the rules, both read, to the scheduler's file."""
    files = PolicyFiles(str(folder))
    document, rules = files.queue_tree(), files.placing_rules()
    begin = time.perf_counter()
    content(render(document.hierarchy, rules, scheduler).configuration)
    return time.perf_counter() - begin


def measure(size: int, folder: Path) -> None:
    """Prints what all of it takes for one tree."""
    folder.mkdir()
    with Yarn("fair", allocations(size)) as yarn:
        administrator = Administrator(yarn, folder)
        administrator.imports()
        total, _, _, peak = placement(administrator, "render", "fair", "-o", folder / "fair.xml")
        for scheduler in ("fair", "capacity"):
            print(
                f"  from the tree and the rules to the {scheduler} scheduler's file: "
                f"{min(rendering(administrator.policy, scheduler) for _ in range(3)):.2f} s, the best of 3"
            )
        print(f"  render fair      {total:6.2f} s whole process, {peak:4.0f} MiB")
        (administrator.policy / "queues.yaml").write_text(
            (administrator.policy / "queues.yaml").read_text().replace("weight: 3", "weight: 33", 1)
        )
        total, waited, after, peak = placement(administrator, "plan")
        print(
            f"  plan             {total:6.2f} s whole process, {waited:.2f} s of it for the ResourceManager, "
            f"{after:.2f} s after its last answer, {peak:4.0f} MiB"
        )
        total, _, _, peak = placement(administrator, "render", "capacity", "-o", folder / "capacity.xml")
        print(f"  render capacity  {total:6.2f} s whole process, {peak:4.0f} MiB")
        seconds, peak = fs2cs(yarn, yarn.scheduler_file, folder / "fs2cs")
        print(f"  fs2cs            {seconds:6.2f} s whole process, {peak:4.0f} MiB: {seconds / total:.2f} x of ours")


if __name__ == "__main__":
    os.environ.pop("PLACEMENT_POLICY", None)
    with tempfile.TemporaryDirectory() as temporary:
        for number in SIZES:
            print(f"\n{number} queues")
            measure(number, Path(temporary, str(number)))
