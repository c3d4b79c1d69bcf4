"""What `hadoop jar FILE` runs, and what that does with generic options. Imported only for a jar: `zipfile` is slow.

Sources: Hadoop `RunJar`; `java.util.jar.Manifest`; the names that a class uses are in its constant pool as they are.
"""

import zipfile
import zlib

from placement.commands.base import Surroundings

MANIFEST = "META-INF/MANIFEST.MF"
HIVE = ("org.apache.hive.", "org.apache.hadoop.hive.")
DRIVER = b"org/apache/hadoop/util/ProgramDriver"  # takes the name of a program, which then reads the options
READS_OPTIONS = (b"org/apache/hadoop/util/ToolRunner", b"org/apache/hadoop/util/GenericOptionsParser")
SUBMITS = (b"org/apache/hadoop/mapreduce/Job", b"org/apache/hadoop/mapred/JobC", b"org/apache/hadoop/yarn/client/api/")


def main_class(arguments: list[str], start: int, around: Surroundings) -> tuple[str, str, int]:
    """The main class of the jar `arguments[start]`, its kind, and the index of its first argument.

    Kinds: `driver`; `program` reads generic options, or is not in the jar itself, and taken to; `deaf` submits without;
    `hive`; `other`. Raises OSError or ValueError where RunJar refuses.
    """
    opened = around.opened(arguments[start])
    if opened is None:
        raise FileNotFoundError(f"no such jar: {arguments[start]}")
    try:
        with opened, zipfile.ZipFile(opened) as jar:
            named = next((name for name in jar.namelist() if name.upper() == MANIFEST), None)
            main = _main_class_of(jar.read(named)) if named else None
            after = start + 1
            if main is None:
                if after == len(arguments):
                    raise ValueError("the jar has no main class, and none is named")
                main = arguments[after]
                after += 1
            main = main.replace("/", ".")
            return main, _kind(jar, main), after
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{arguments[start]}: {error}") from error


def _main_class_of(manifest: bytes) -> str | None:
    """The value of Main-Class in the main section, continuation lines joined. Raises ValueError for a bad line."""
    lines: list[bytes] = []
    for line in manifest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if not line:
            break
        if line.startswith(b" ") and lines:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    found = None
    for line in lines:
        name, colon, value = line.partition(b": ")
        if not colon:
            raise ValueError("invalid line in the manifest")
        if name.lower() == b"main-class":
            found = value.decode("utf-8", "replace")
    return found


def _kind(jar: zipfile.ZipFile, main: str) -> str:
    if main.startswith(HIVE):
        return "hive"
    path = main.replace(".", "/")
    own = [f"{folder}{path}" for folder in ("", "classes/")]  # what RunJar puts on the class path
    names = [name for name in jar.namelist() if name.endswith(".class")]
    found = [name for name in names for each in own if name == f"{each}.class" or name.startswith(f"{each}$")]
    code = b"".join(map(jar.read, found))
    if DRIVER in code:
        return "driver"
    if not found or any(name in code for name in READS_OPTIONS):
        return "program"
    return "deaf" if any(name in code for name in SUBMITS) else "other"
