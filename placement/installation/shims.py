"""The text of a shim: a wrapper that starts the Python of one installation by itself, without a shell in between."""

import os
import shlex
import sys
from dataclasses import dataclass

import placement
from placement.gateway import WRAPPER_MARK

LONGEST_FIRST_LINE = 127  # bytes, line end included: what kernels before Linux 5.1 read of it (fs/binfmt_script.c)
LARGEST = 2**16  # bytes; a shim has a few hundred, and two paths
FLAGS = "-ISXutf8"  # one word, as the kernel hands on all behind the interpreter as one argument
COMMENT = f"# {WRAPPER_MARK.decode()}: decides the queue of the command it is named after, then becomes that command."
# A Ctrl-C ends the wrapper as it would end the command, from the first moment on.
CODE = (
    "import _signal as s; s.getsignal(2) == s.SIG_IGN or s.signal(2, s.SIG_DFL); "
    "import sys; sys.path.append(sys.argv.pop(1)); from placement.shim import main; main()"
)


@dataclass(frozen=True)
class Interpreter:
    """What a shim starts: a `python`, and the folder that the package `placement` is in."""

    python: str
    home: str


def own() -> Interpreter:
    """The Python that runs this, and where this package is. A link to a Python stays one: it tells its environment."""
    return Interpreter(sys.executable, os.path.dirname(os.path.dirname(os.path.abspath(placement.__file__))))


def text(interpreter: Interpreter) -> bytes:
    """The content of a shim, the same for every command: it goes by the name under which it is called."""
    first = f"#!{interpreter.python} {FLAGS}"
    if _is_first_line(first):
        lines = ["import _signal as s", "s.getsignal(2) == s.SIG_IGN or s.signal(2, s.SIG_DFL)", "import sys"]
        lines += [f"sys.path.append({interpreter.home!a})", 'sys.argv.insert(0, "")']
        lines = [first, COMMENT, *lines, "from placement.shim import main", "main()"]
    else:  # only a shell can start it
        python, home = shlex.quote(interpreter.python), shlex.quote(interpreter.home)
        lines = ["#!/bin/sh", COMMENT, f'exec {python} -I -S -X utf8 -c \'{CODE}\' {home} "$0" "$@"']
    return os.fsencode("\n".join([*lines, ""]))


def interpreter_of(path: str) -> Interpreter | None:
    """What the shim at `path` starts; None for a file that is none of ours, or cannot be read."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST)
    except OSError:
        return None
    first, _, rest = os.fsdecode(content).partition("\n")
    try:
        if first == "#!/bin/sh":
            words = shlex.split(rest.partition("\n")[2])
            found = Interpreter(words[1], words[-3])
        else:
            path_line = next(line for line in rest.split("\n") if line.startswith("sys.path.append("))
            import ast

            home = ast.literal_eval(path_line.removeprefix("sys.path.append"))
            found = Interpreter(first.removeprefix("#!").removesuffix(f" {FLAGS}"), str(home))
    except (ValueError, SyntaxError, IndexError, StopIteration):
        return None
    return found if text(found) == content else None


def _is_first_line(line: str) -> bool:
    """Whether the kernel, and Python after it, take this as the first line of a script."""
    try:
        size = len(line.encode("utf-8")) + 1
    except UnicodeEncodeError:
        return False
    return size <= LONGEST_FIRST_LINE and line.count(" ") == 1 and not set(line) & set("\t\n\r\v\f")
