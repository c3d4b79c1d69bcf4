"""The wrapped commands: does PATH lead to the wrapper, the wrapper to its Python, and both to a real command?"""

import glob
import os
import re
import subprocess
from collections.abc import Iterator, Mapping

from placement import __version__
from placement.commands.base import FAMILIES
from placement.errors import Place, PlacementError, Problem, quoted
from placement.files import is_open_to_all, mode_of
from placement.gateway import is_wrapper, real_command
from placement.installation.shims import Interpreter, interpreter_of

TIMEOUT_S = 10
INSTALLED = "/share/yarn-placement/wrappers"
VERSION = "import sys; sys.path.append(sys.argv[1]); import placement; print(placement.__version__)"
# What tells a version without a start of Java: jars below the folder that the command's `bin` is in, by family.
JARS = {
    "spark": (
        "jars/spark-core_*.jar",
        "lib/spark*/jars/spark-core_*.jar",
        "lib/python3*/*/pyspark/jars/spark-core_*.jar",
    ),
    "hadoop": ("share/hadoop/common/hadoop-common-[0-9]*.jar", "lib/hadoop/hadoop-common-[0-9]*.jar"),
    "flink": ("lib/flink-dist-[0-9]*.jar", "lib/flink-dist_*.jar"),
    "hive": ("lib/hive-exec-[0-9]*.jar", "lib/hive/lib/hive-exec-[0-9]*.jar"),
}


def findings(site_commands: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Problem]:
    """`path-order`, `not-wrapped`, `no-real-command`, `real-command`, and what is wrong with each wrapper found."""
    shims: dict[str, str] = {}
    for name in FAMILIES:
        found = _on_path(name, environ)
        wrappers = [path for path in found if is_wrapper(path)]
        yield from _of_order(name, found, wrappers)
        if not found and name not in site_commands:
            continue
        shims.update((os.path.realpath(path), path) for path in wrappers)
        try:
            real = real_command(name, site_commands, environ)
        except PlacementError as error:
            if not all(os.path.dirname(os.path.realpath(path)).endswith(INSTALLED) for path in found):
                yield from error.problems  # whoever has all the wrappers on PATH need not have all the commands
            continue
        version = version_of(name, real)
        message = f"{quoted(name)} is {real}" + (f", version {version}" if version else "")
        yield Problem("real-command", message, severity="note")
    started: set[Interpreter] = set()
    for target, path in shims.items():
        yield from _of_shim(path, target, started)


def version_of(name: str, real: str) -> str | None:
    """The version of the program behind `name`, if a file beside it tells."""
    family = FAMILIES[name]
    for home in dict.fromkeys(os.path.dirname(os.path.dirname(path)) for path in (real, os.path.realpath(real))):
        if family == "spark" and os.path.isfile(os.path.join(home, "RELEASE")):
            with open(os.path.join(home, "RELEASE"), encoding="utf-8", errors="replace") as file:
                words = file.readline(200).split()
            if words[:1] == ["Spark"] and len(words) > 1:
                return words[1]
        for pattern in JARS.get(family, ()):
            for jar in sorted(glob.glob(os.path.join(glob.escape(home), pattern))):
                version = re.search(r"-(\d[^/]*)\.jar$", jar)
                if version:
                    return version[1]
    return None


def _on_path(name: str, environ: Mapping[str, str]) -> list[str]:
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    paths = (os.path.join(folder or ".", name) for folder in folders)
    return [path for path in dict.fromkeys(paths) if os.path.isfile(path) and os.access(path, os.X_OK)]


def _of_order(name: str, found: list[str], wrappers: list[str]) -> Iterator[Problem]:
    if not found or found[0] in wrappers:
        return
    if wrappers:
        message = f"{quoted(name)} is {found[0]}, which stands on PATH before the wrapper {wrappers[0]}"
        remedy = f"put {os.path.dirname(wrappers[0])} first on PATH"
        yield Problem("path-order", message, remedy=remedy)
    else:
        message = f"{quoted(name)} is {found[0]}, and no wrapper of it is on PATH"
        remedy = f"if it is to be placed: `placement install-wrappers --to DIR {name}`"
        yield Problem("not-wrapped", message, remedy=remedy, severity="warning")


def _of_shim(path: str, target: str, started: set[Interpreter]) -> Iterator[Problem]:
    """What is wrong with the wrapper at `path`, a link perhaps to `target`; each Python is `started` once."""
    for each in dict.fromkeys((target, os.path.dirname(target), os.path.dirname(path))):
        if is_open_to_all(mode_of(each)):
            remedy = f"take the right away: chmod o-w {each}"
            yield Problem("shim-writable", "everybody may write here, where a wrapper is", Place(each), remedy)
    interpreter = interpreter_of(path) or _packaged(target)
    if interpreter is None:
        message = "this is not a wrapper as this placement writes them"
        yield Problem("shim-damaged", message, Place(path), _again(path))
    elif interpreter not in started:
        started.add(interpreter)
        yield from _of_interpreter(path, interpreter)


def _of_interpreter(path: str, interpreter: Interpreter) -> Iterator[Problem]:
    version, why = _ask(interpreter)
    if version is None:
        message = f"the Python of this wrapper, {interpreter.python}, does not start placement: {why}"
        yield Problem("shim-python", message, Place(path), _again(path))
        return
    if version != __version__:
        message = f"this wrapper is of placement {version}, this is {__version__}"
        yield Problem("shim-version", message, Place(path), _again(path), "warning")
    ways = (path, interpreter.python, os.path.join(interpreter.home, "placement"))
    closed = next(filter(None, map(_closed_part, ways)), None)
    if closed:
        message = f"other accounts cannot start this wrapper: {closed} is closed to them"
        remedy = f"install placement where everybody may read, or chmod o+rx {closed}"
        yield Problem("shim-private", message, Place(path), remedy, "warning")


def _again(path: str) -> str:
    folder = os.path.dirname(os.path.realpath(path))
    if folder.endswith(INSTALLED) or os.path.isfile(os.path.join(folder, "wrapper")):
        return "install placement itself again"
    return f"install it again: `placement install-wrappers --to {os.path.dirname(path)}`"


def _packaged(target: str) -> Interpreter | None:
    """What `wrappers/wrapper` of an installation, or of a checkout, starts; None if this is none."""
    folder = os.path.dirname(target)
    if folder.endswith(INSTALLED):  # a wheel has copies there, no links
        prefix = folder.removesuffix(INSTALLED)
        homes = [
            os.path.dirname(each) for each in glob.glob(f"{glob.escape(prefix)}/lib/python3*/site-packages/placement")
        ]
        return Interpreter(f"{prefix}/bin/python3", homes[0] if homes else prefix)
    if os.path.basename(target) != "wrapper":
        return None
    checkout = os.path.dirname(folder)
    return Interpreter(f"{checkout}/.venv/bin/python3", checkout)


def _ask(interpreter: Interpreter) -> tuple[str | None, str]:
    """The version of placement that this Python starts, or None and why it starts none."""
    command = [interpreter.python, "-I", "-S", "-X", "utf8", "-c", VERSION, interpreter.home]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except OSError as error:
        return None, error.strerror or str(error)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {TIMEOUT_S} s"
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return done.stdout.strip(), ""


def _closed_part(path: str) -> str | None:
    """The first folder or file on the way to `path`, links followed, that not everybody may pass; None: all may."""
    for way in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        parts = way.split("/")
        for end in range(2, len(parts) + 1):
            part = "/".join(parts[:end])
            needed = 0o005 if end == len(parts) else 0o001
            if os.stat(part).st_mode & needed != needed:
                return part
    return None
