"""The wrapper asked about a kernel: it decides, waits and records as for a command that somebody types.

It runs as a child, with a stand-in for the real command, whose arguments are what the wrapper made of ours. So nothing
blocks the server, the child's end gives a place in the queue up, and there is one way to a decision.
"""

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from placement.errors import PlacementError, Problem
from placement.gateway import REAL, TAG, is_wrapper
from placement.jupyter.kernel import HOME, PYSPARK, SparkArguments
from placement.shim import DECIDED, GUARD, NOT_ALLOWED, TRY_AGAIN, UNAVAILABLE
from placement.spark_home import WRAPPED, real_home, wrappers_folder
from placement.waiting import WAIT

STAND_IN = Path(__file__).with_name("stand-in")
USER_NAME = "HADOOP_USER_NAME"
FORBIDDEN, CONFLICT, FAULT, AWAY = 403, 409, 500, 503  # HTTP
STATUS = {NOT_ALLOWED: FORBIDDEN, TRY_AGAIN: CONFLICT, UNAVAILABLE: AWAY}
SAID = "placement: "
# As a wrapper starts its Python; the package's own folder is told, as -I and -S leave nothing else to find it by.
_FIND = "import sys; sys.path.append(sys.argv.pop(1)); from placement.jupyter.check import main; main()"
_CHECK = (sys.executable, "-I", "-S", "-X", "utf8", "-c", _FIND, str(Path(__file__).resolve().parents[2]))
_CODE = re.compile(r"\b(?:reject|error)\[[a-z0-9-]+\]: ")
_MORE = re.compile(r" \(`placement explain [^`]*` says more\)$")


@dataclass(frozen=True)
class Answer:
    """The `arguments` as they were placed, the id of the `decision`, None where nothing was decided.

    `keeps_user_name`: HADOOP_USER_NAME may stay in the kernel's environment. `said` is what the wrapper said.
    """

    arguments: list[str]
    decision: str | None
    keeps_user_name: bool
    said: tuple[str, ...] = ()


class KernelRefusedError(Exception):
    """The kernel may not start. `str` of it is a sentence for its user; `status` is that of HTTP."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


async def decided(
    spark: SparkArguments,
    environ: Mapping[str, str],
    home: str | None,
    wait: str,
    folder: str | None,
    tell: Callable[[str], None],
    for_whom: Sequence[str] = (),
) -> dict[str, str]:
    """The kernel's environment `environ` with the decision on `spark` in it.

    `home` is the Spark home that the kernel will use. Where the wrapper is its spark-submit, that decides when Spark
    starts, and the turn is taken then; this is but a check. `for_whom` are options that say in whose name the kernel is
    started. An earlier decision that `environ` brings along counts no more. The rest is as for `placed`. Raises
    KernelRefusedError, PlacementError.
    """
    spark = spark.undecided(TAG + environ.get(DECIDED, ""))
    environ = {name: value for name, value in environ.items() if name != DECIDED}
    is_wrapped = spark.variable == PYSPARK and home is not None and is_wrapper(f"{home}/bin/{WRAPPED}")
    if is_wrapped and home and await is_allowed(spark.arguments, environ, Path(home), folder):
        return {**environ, spark.variable: spark.text}
    seen = {**environ, HOME: home} if home else environ
    answer = await placed([*for_whom, *spark.arguments], seen, wait, folder, tell)
    if answer.decision is None:
        return environ
    kept = {name: value for name, value in environ.items() if answer.keeps_user_name or name != USER_NAME}
    found = spark.with_arguments(answer.arguments[len(for_whom) :])
    return kept | {found.variable: found.text, DECIDED: answer.decision}


async def placed(
    arguments: list[str], environ: Mapping[str, str], wait: str, folder: str | None, tell: Callable[[str], None]
) -> Answer:
    """What the wrapper makes of `spark-submit ARGUMENTS` in `environ`; it waits for a turn as long as `wait` says.

    `folder` is where the kernel will run, None: where we do. `tell` is given each line that the wrapper says, when it
    says it. Raises KernelRefusedError; cancelled, it gives its place up.
    """
    environ = {name: value for name, value in environ.items() if name != GUARD}
    environ |= {REAL: str(STAND_IN), WAIT: wait}
    status, told, said = await _run([str(wrappers_folder() / WRAPPED), *arguments], environ, folder, tell)
    if status:
        raise KernelRefusedError(sentence(said), STATUS.get(status, FAULT))
    decision, user_name, *found = told.split("\0")[:-1]
    return Answer(found, decision or None, user_name != "" or USER_NAME not in environ, tuple(said))


async def is_allowed(arguments: list[str], environ: Mapping[str, str], home: Path, folder: str | None) -> bool:
    """Whether the wrapper in the Spark home `home` would run `spark-submit ARGUMENTS`, waiting apart."""
    real = real_home(home)
    environ = {**environ, HOME: str(real), REAL: str(real / "bin" / WRAPPED)}  # as that wrapper's script says
    status, _, _ = await _run([*_CHECK, WRAPPED, *arguments], environ, folder, lambda _: None)
    return status == 0


def sentence(said: list[str]) -> str:
    """What a wrapper said when it refused, as one sentence: its reason, and the way out."""
    lines = [line.removeprefix(SAID) for line in said if line.startswith(SAID) and "waiting: " not in line]
    first = next((at for at, line in enumerate(lines) if _CODE.search(line)), 0)
    words = "; ".join(lines[first:]) or "the wrapper ended without a word"
    return _MORE.sub("", _CODE.sub("", words))


async def _run(
    command: list[str], environ: Mapping[str, str], folder: str | None, tell: Callable[[str], None]
) -> tuple[int, str, list[str]]:
    """Exit status, standard output and the lines of standard error. Raises PlacementError `no-wrapper`."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command, env=dict(environ), cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except (OSError, ValueError) as error:
        message = f"{command[0]} cannot be started: {getattr(error, 'strerror', None) or error}"
        remedy = "install yarn-placement anew where the notebook server runs"
        raise PlacementError(Problem("no-wrapper", message, remedy=remedy)) from error
    try:
        said, told = await asyncio.gather(_lines(child.stderr, tell), _whole(child.stdout))
        return await child.wait(), told, said
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _lines(stream: asyncio.StreamReader | None, tell: Callable[[str], None]) -> list[str]:
    said = []
    while stream and (line := await stream.readline()):
        said.append(line.decode("utf-8", "replace").rstrip())
        tell(said[-1])
    return said


async def _whole(stream: asyncio.StreamReader | None) -> str:
    return (await stream.read()).decode("utf-8", "surrogateescape") if stream else ""
