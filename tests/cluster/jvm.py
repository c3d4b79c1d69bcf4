"""A Java program of one file that answers questions: a line in, a line out, in one JVM."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.cluster import configuration, parts


class Jvm:
    """A JVM that runs the `program` of this folder, up inside its `with` block; `jars`: its class path.

    `folder` is its working directory, and goes with it. `environ` is all that it has of an environment; more can be
    put there before it starts.
    """

    def __init__(self, program: str, jars: str, *flags: str) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="placement-jvm-")
        self.folder = Path(self._temporary.name)
        self.environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self._log = self.folder / "log"
        java, source = parts.java_home() / "bin" / "java", Path(__file__).with_name(program)
        self._command = [java, *configuration.QUICK_START.split(), *flags, "-cp", jars, source]

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=self.environ,
                cwd=self.folder,
            )
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended already, which `ask` has said
            self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()
        self._temporary.cleanup()

    def ask(self, line: str) -> str:
        """The line that it answers."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the JVM ended: {self._log.read_text()[-2000:]}"
        return answer
