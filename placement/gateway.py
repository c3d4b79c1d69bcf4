"""This gateway: the real commands behind our wrappers, and what somebody typed here as a Submission.

Adapter on the hot path: standard library only.
"""

import posix

from placement.commands.base import SPARK, Surroundings, family
from placement.errors import PlacementError, Problem, quoted
from placement.files import is_file, join, parent
from placement.submission import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

WRAPPER_MARK = b"yarn-placement wrapper"  # stands at the head of every wrapper, under whatever name it is found
REAL = "PLACEMENT_REAL"  # the real command, said by a wrapper that stands in its place in a Spark home
TAG = "placement:"  # begins the YARN application tag that names a decision
DEFAULT_PATH = "/bin:/usr/bin"  # where there is no PATH, as in `os.defpath`
LONGEST_QUESTION_S = 10
HEAD = 256  # bytes of a file in which the mark is looked for


def real_command(name: str, site_commands: "Mapping[str, str]", environ: "Mapping[str, str]") -> str:
    """The path of the real command: where REAL or the site says, else the first on PATH that is no wrapper of ours.

    Raises PlacementError `no-real-command` if there is none.
    """
    path = environ.get(REAL) or site_commands.get(name)
    if path:
        who = REAL if environ.get(REAL) else "site.yaml"
        if _is_executable(path) and not is_wrapper(path):
            return path
        why = "is a wrapper itself" if is_wrapper(path) else "is not there or not executable"
        raise _no_real_command(name, f"{quoted(path)}, which {who} gives for {quoted(name)}, {why}")
    wrappers = 0
    for folder in environ.get("PATH", DEFAULT_PATH).split(":"):
        path = join(folder or ".", name)
        if not _is_executable(path):
            continue
        if not is_wrapper(path):
            return path
        wrappers += 1
    beside = " but wrappers of placement" if wrappers else ""
    raise _no_real_command(name, f"no {quoted(name)} on PATH{beside}")


def is_wrapper(path: str) -> bool:
    """Whether `path` is one of our wrappers, directly, through links, or as a copy."""
    try:
        with open(path, "rb") as file:
            return WRAPPER_MARK in file.read(HEAD)
    except OSError:
        return False


def read_command(name: str, arguments: list[str], real: str | None, environ: "Mapping[str, str]") -> Reading:
    """What `name ARGUMENTS` asks for. `real` is the path of the real command, None if it is not here.

    Raises PlacementError `unknown-command`, or what the family raises.
    """
    path = _absolute(real) if real is not None else None
    home = _home(real, environ) if name in SPARK or path is None else _beside(path)
    around = Surroundings(
        environ, home, _text, _opened, path, _account, lambda option: arity_of_option(option, home, environ)
    )
    reading: Reading = family(name).read(name, arguments, around)
    return reading


def is_decided(reading: Reading, decision_id: str | None) -> bool:
    """Whether the command carries the tag of that decision: then an outer wrapper has placed it already."""
    return decision_id is not None and f"{TAG}{decision_id}" in (reading.tags or "").split(",")


def arguments_with(reading: Reading, queue: str, decision_id: str) -> list[str]:
    """The arguments of a command that was read, with the decided queue and the decision's tag where they count."""
    placed: list[str] = family(reading.family).place(reading, queue, f"{TAG}{decision_id}")
    return placed


def arity_of_option(option: str, home: str | None, environ: "Mapping[str, str]") -> int | None:
    """How many values follow `option` in the Spark at `home`, 0 or 1; None if it has no such option.

    Asked of its own launcher, in a quarter of a second. Behind the class of a shell a word that is no option is left to
    the application, the last of the answer; and an option without its value is answered with a usage error. Source:
    Spark `launcher.Main`, `SparkSubmitCommandBuilder`. Raises OSError where it cannot be asked.
    """
    import subprocess  # slow to import, and rarely needed

    from placement.commands.spark_options import REPL

    if home is None:
        raise FileNotFoundError("no Spark home")
    java = f"{environ['JAVA_HOME']}/bin/java" if environ.get("JAVA_HOME") else "java"  # as spark-class finds it
    launcher = (java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{home}/jars/*", "org.apache.spark.launcher.Main")
    question = ("org.apache.spark.deploy.SparkSubmit", "--class", REPL, option)
    variables = {
        "PATH": environ.get("PATH", DEFAULT_PATH),
        "SPARK_HOME": home,
        "SPARK_CONF_DIR": "/dev/null",  # nobody's settings
        "SPARK_SCALA_VERSION": "2.13",  # any will do: it would look for a build of its own otherwise
    }
    try:
        done = subprocess.run(
            [*launcher, *question],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables,
            timeout=LONGEST_QUESTION_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error
    words = done.stdout.rstrip(b"\0").split(b"\0")
    if b"--usage-error" in words:
        return 1
    return None if words[-1] == option.encode(errors="surrogateescape") else 0


def _no_real_command(name: str, message: str) -> PlacementError:
    remedy = f"install it behind the wrappers on PATH, or name it in site.yaml: commands: {{{name}: /path/to/{name}}}"
    return PlacementError(Problem("no-real-command", message, remedy=remedy))


def _is_executable(path: str) -> bool:
    return is_file(path) and posix.access(path, posix.X_OK)


def _home(real: str | None, environ: "Mapping[str, str]") -> str | None:
    """SPARK_HOME as Spark's own `find-spark-home` finds it: beside `bin/`, or the package that pip installed."""
    if environ.get("SPARK_HOME"):
        return environ["SPARK_HOME"]
    if real is None:
        return None
    prefix = parent(parent(_absolute(real)))
    if is_file(f"{prefix}/bin/find_spark_home.py"):
        import glob  # slow to import, and rarely needed

        packages = glob.glob(f"{glob.escape(prefix)}/lib/python3*/*-packages/pyspark")  # site-, or Debian's dist-
        return packages[0] if packages else None
    return prefix


def _absolute(path: str) -> str:
    """A folder that is deleted under us is no fault where the path is absolute."""
    return path if path.startswith("/") else join(posix.getcwd(), path)


def _beside(path: str) -> str:
    """The folder above that of a command, links to the command followed, as Flink's `bin/flink` finds FLINK_HOME."""
    try:
        for _ in range(100):
            path = join(parent(path), posix.readlink(path))
    except OSError:
        pass  # no link any more
    return parent(parent(path))


def _text(path: str) -> str | None:
    """The text of a regular file; None if there is no such file. Raises OSError if it cannot be read."""
    if not is_file(path):
        return None
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


def _opened(path: str) -> "BinaryIO | None":
    """A regular file, opened; None if there is no such file. Raises OSError if it cannot be read.

    Raises PlacementError `unreadable` for anything else by that name, as a pipe can be read once only.
    """
    if is_file(path):
        return open(path, "rb")
    if posix.access(path, posix.F_OK):
        remedy = "write into a file what would come out of it"
        raise PlacementError(Problem("unreadable", f"{quoted(path)} is no regular file", remedy=remedy))
    return None


def _account() -> str:
    """The name of this process's account, as Java's `user.name` has it."""
    import pwd

    try:
        return pwd.getpwuid(posix.getuid()).pw_name
    except KeyError:
        return "?"
