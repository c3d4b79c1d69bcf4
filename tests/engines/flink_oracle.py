"""Flink's own reading of a command line, asked of its command line classes in one JVM: milliseconds a question."""

import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Self

from tests.cluster import configuration, parts
from tests.engines.parts import flink_home

SOURCE = Path(__file__).parent / "FlinkOracle.java"


class FlinkOracle:
    """A JVM with Flink `version` and Hadoop, up inside its `with` block; `folder` is for its files."""

    def __init__(self, version: str, folder: Path) -> None:
        self._folder = folder
        self._jars = f"{flink_home(version)}/lib/*:{parts.hadoop_lib()}/*"

    def __enter__(self) -> Self:
        java = parts.java_home() / "bin"
        compile_it = [java / "javac", "-nowarn", "-d", self._folder, "-cp", self._jars, SOURCE]
        subprocess.run(compile_it, check=True, capture_output=True, timeout=240)
        command = [
            java / "java",
            *configuration.QUICK_START.split(),
            "-cp",
            f"{self._folder}:{self._jars}",
            "FlinkOracle",
        ]
        with open(self._folder / "oracle.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=self._folder
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def read(self, command: str, conf_dir: Path, arguments: list[str]) -> dict[str, object] | None:
        """What `COMMAND ARGUMENTS` would start; None if nothing: refused, or told something."""
        words = (b64encode(word.encode()).decode() for word in (command, str(conf_dir), *arguments))
        self._process.stdin.write(" ".join(f"={word}" for word in words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the JVM ended; see {self._folder}/oracle.log"
        how, target, queue, tags, name, *program = (
            None if word == "-" else b64decode(word[1:]).decode() for word in answer.split()
        )
        if how == "none":
            return None
        return {"how": how, "target": target, "queue": queue, "tags": tags, "name": name, "arguments": program}
