"""`%load_ext placement`, `%placement`: in a notebook, the decision on its Spark and what became of it.

What is shown is what `placement why` and `placement monitor` say, asked as children, so that the notebook's own process
stays as it is.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from placement.errors import PlacementError, visible
from placement.jupyter.asking import KernelRefusedError, decided
from placement.jupyter.kernel import HOME, PYSPARK, SHELL, spark_arguments
from placement.shim import DECIDED
from placement.spark_home import of_python

USAGE = "`%placement` shows what was decided; `%placement queue QUEUE` asks for another queue, before Spark begins"
WITHIN_S, WAIT = 60.0, "30s"
_CLI = (sys.executable, "-c", "from placement.cli import main; main()")

Json = dict[str, Any]


@magics_class
class PlacementMagics(Magics):  # type: ignore[misc,unused-ignore]
    """The magic `%placement`."""

    @line_magic  # type: ignore[untyped-decorator,unused-ignore]
    def placement(self, line: str) -> None:
        """`%placement`: decision, queue, room and use; `%placement queue QUEUE`: asks for that queue."""
        words = line.split()
        if not words:
            lines = [*shown()]
        elif len(words) == 2 and words[0] == "queue":
            lines = [ask_for(words[1])]
        else:
            raise UsageError(USAGE)
        print("\n".join(map(visible, lines)))  # noqa: T201


def ask_for(queue: str) -> str:
    """Has the Spark that is yet to begin ask for `queue`; says what becomes of it.

    Raises UsageError where it is denied, or Spark runs.
    """
    context = _context()
    if context is not None:
        raise UsageError(f"Spark runs as {context.applicationId}: restart the kernel, then ask before it begins")
    try:
        spark = spark_arguments(os.environ, os.environ, is_spark=True)
        if spark is None:
            raise UsageError(USAGE)
        spark = spark.asking(queue)
        home = os.environ.get(HOME) or of_python(sys.executable)
        asking = decided(spark, os.environ, home, WAIT, None, print)
        with ThreadPoolExecutor(1) as beside:  # the notebook's own thread has a loop already
            found = beside.submit(asyncio.run, asking).result()
    except KernelRefusedError as error:
        raise UsageError(str(error)) from error
    except PlacementError as error:
        raise UsageError(error.problems[0].in_one_line()) from error
    for name in set(os.environ) - set(found):
        del os.environ[name]
    os.environ.update(found)
    return f"asks for {queue}"


def shown() -> Iterator[str]:
    """The lines of `%placement`."""
    context = _context()
    asked = context.applicationId if context is not None else os.environ.get(DECIDED, "")
    if not asked:
        yield f"Spark has not begun; {PYSPARK} is {os.environ.get(PYSPARK, SHELL)!r}"
        return
    if context is not None:
        yield f"{asked} was submitted to {context.getConf().get('spark.yarn.queue', 'default')}"
    data, words = _asked("why", "--json", asked)
    if data is None:
        yield from words.splitlines()
    else:
        yield from _decision(data)
        yield from _application(data)
    if context is not None:
        seen, words = _asked("monitor", "--json")
        yield from _use(seen, asked, data or {}) if seen else words.splitlines()


def _context() -> Any:
    """The SparkContext of this process, None if there is none."""
    pyspark = sys.modules.get("pyspark")
    return pyspark.SparkContext._active_spark_context if pyspark else None


def _decision(data: Json) -> Iterator[str]:
    record = data.get("decision")
    if record:
        yield f"decision {record['id']}: {record['message']}"
    else:
        trouble = data.get("trouble") or {}
        yield f"no record of a decision: {trouble.get('message', 'the site keeps none that can be read here')}"


def _application(data: Json) -> Iterator[str]:
    for each in data.get("applications") or ():
        verdict = "as decided" if each["as_decided"] else "NOT as decided"
        yield f"{each['id']} runs in {each['queue']}, {each['state']}: {verdict}"
        yield from (f"  likely: {reason}" for reason in each["reasons"])


def _use(seen: Json, application_id: str, data: Json) -> Iterator[str]:
    """What the application has and uses of what was asked for, and what room its queue has."""
    demand = ((data.get("decision") or {}).get("demand") or {}).get("asked") or {}
    if demand.get("memory_mib") is not None:
        yield f"asked for: {_gib(demand['memory_mib'] * 2**20)}, {demand['vcores']:g} vcores"
    readings = {each["name"]: each["readings"] or {} for each in seen["monitors"]}
    ours = [
        (name, use) for name, each in readings.items() for use in each.get("uses", ()) if use["id"] == application_id
    ]
    for name, use in ours:
        yield f"{name} says: in {use['queue']}, {', '.join(_value(each) for each in use['values'])}"
    queues = {use["queue"] for _, use in ours}
    for room in (room for each in readings.values() for room in each.get("capacities", ())):
        if room["of"] in queues and room["free"] is not None:
            yield f"room in {room['of']}: {room['name']} {_amount(room['free'], room['unit'])}"


def _value(value: Json) -> str:
    return f"{value['name']} {_amount(value['number'], value['unit'])}"


def _amount(number: float, unit: str) -> str:
    return _gib(number) if unit == "bytes" else f"{number:g}"


def _gib(number: float) -> str:
    return f"{number / 2**30:.1f} GiB"


def _asked(*arguments: str) -> tuple[Json | None, str]:
    """What `placement ARGUMENTS` answers, None if it cannot; and what it says then."""
    try:
        done = subprocess.run([*_CLI, *arguments], capture_output=True, text=True, timeout=WITHIN_S, check=False)
        found: Json = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        said = done.stderr.strip() if isinstance(error, ValueError) else str(error)
        return None, said or f"placement {arguments[0]} gives no answer"
    return found, ""
