"""A Spark home whose `spark-submit` is our wrapper, for what starts Spark from Python and never looks at PATH.

`SparkSession.builder.getOrCreate()` runs `$SPARK_HOME/bin/spark-submit` (PySpark `java_gateway.launch_gateway`). The
home made here is links to a real one, but for that file.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

from placement.errors import PlacementError, Problem, quoted
from placement.gateway import REAL, WRAPPER_MARK, is_wrapper

WRAPPED = "spark-submit"
MARK = ".placement-spark-home"  # in a home that was made here: the real one


def wrappers_folder() -> Path:
    """Where our wrappers are: in a checkout beside the package, else where the installation put them."""
    checkout = Path(__file__).resolve().parents[1] / "wrappers"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "yarn-placement" / "wrappers"


def of_python(python: str) -> str | None:
    """The Spark home that `pip` installed beside a Python, None if there is none: where PySpark looks without
    SPARK_HOME.

    Source: PySpark `find_spark_home`. `python` is a path; a name is looked for on PATH.
    """
    found = shutil.which(python)
    prefix = Path(found).parent.parent if found else None
    homes = sorted(prefix.glob("lib/python3*/*-packages/pyspark")) if prefix else []
    return str(homes[0]) if homes else None


def real_home(home: Path) -> Path:
    """The home behind one that was made here; any other itself."""
    try:
        return Path((home / MARK).read_text(encoding="utf-8", errors="surrogateescape").rstrip("\n"))
    except OSError:
        return home


def make(real: Path, to: Path, wrapper: Path) -> bool:
    """Makes `to` a home of links to `real`, with `wrapper` in front of its spark-submit; False if it is one already.

    `to` is replaced in one step if it was made here before. Raises PlacementError `no-spark-home` if `real` is none,
    `not-ours` if `to` is something else, `not-writable`.
    """
    real, to = real.absolute(), to.absolute()
    command = real / "bin" / WRAPPED
    if not os.access(command, os.X_OK) or is_wrapper(str(command)):
        remedy = "name the folder in which Spark is installed, that of `bin/spark-submit`"
        raise PlacementError(Problem("no-spark-home", f"no Spark's own {quoted(str(command))}", remedy=remedy))
    if to.exists() and not (to / MARK).is_file():
        message = f"{quoted(str(to))} is there, and was not made by this command"
        raise PlacementError(Problem("not-ours", message, remedy="name another folder, or move it away"))
    script = _script(real, wrapper)
    if to.exists() and _is_as_it_would_be(real, to, script):
        return False
    new = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        _fill(new, real, script)
        _exchange(new, to)
    except OSError as error:
        message = f"{quoted(str(to))} cannot be made: {error.strerror}"
        raise PlacementError(Problem("not-writable", message, remedy="run it as one who may write there")) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return True


def _script(real: Path, wrapper: Path) -> str:
    return (
        f"#!/bin/sh\n# {WRAPPER_MARK.decode()} of the Spark home below, for Spark that is started from Python.\n"
        f"export SPARK_HOME={shlex.quote(str(real))} {REAL}={shlex.quote(str(real / 'bin' / WRAPPED))}\n"
        f'exec {shlex.quote(str(wrapper))} "$@"\n'
    )


def _fill(new: Path, real: Path, script: str) -> None:
    (new / "bin").mkdir(parents=True)
    for folder in (real, real / "bin"):
        for entry in folder.iterdir():
            if entry not in (real / "bin", real / "bin" / WRAPPED):
                (new / entry.relative_to(real)).symlink_to(entry)
    command = new / "bin" / WRAPPED
    command.write_text(script, encoding="utf-8", errors="surrogateescape")
    command.chmod(0o755)
    (new / MARK).write_text(f"{real}\n", encoding="utf-8", errors="surrogateescape")


def _is_as_it_would_be(real: Path, to: Path, script: str) -> bool:
    ours = {entry.name: os.readlink(entry) for entry in to.iterdir() if entry.is_symlink()}
    theirs = {entry.name: str(entry) for entry in real.iterdir() if entry.name != "bin"}
    command = to / "bin" / WRAPPED
    return (
        ours == theirs
        and {entry.name for entry in (to / "bin").iterdir()} == {entry.name for entry in (real / "bin").iterdir()}
        and command.read_text(encoding="utf-8", errors="surrogateescape") == script
    )


def _exchange(new: Path, to: Path) -> None:
    """Puts `new` in the place of `to`. A folder cannot be renamed over one: for a moment there is none."""
    if to.exists():
        old = new.with_name(f"{new.name}.old")
        to.rename(old)
        new.rename(to)
        shutil.rmtree(old, ignore_errors=True)
    else:
        new.rename(to)
