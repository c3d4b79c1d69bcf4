"""Hadoop's own reading of allocation files, asked in one JVM: a few milliseconds a file."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

from tests.cluster import configuration, parts


class FairRefusesError(Exception):
    """The fair scheduler refuses the file; the message has its own words."""


class FairOracle:
    """A JVM with Hadoop's fair scheduler on its class path, up inside its `with` block."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="fair-oracle-")
        self.folder = Path(self._folder.name)
        java = parts.java_home() / "bin" / "java"
        source = Path(__file__).with_name("FairOracle.java")
        flags = [*configuration.QUICK_START.split(), configuration.OPENED]
        with (self.folder / "log").open("wb") as log:
            self._jvm = subprocess.Popen(
                [java, *flags, "-cp", f"{parts.hadoop_lib()}/*", source],
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._jvm.stdin.close()
        self._jvm.wait(timeout=60)
        self._jvm.stdout.close()
        self._folder.cleanup()

    def load(self, content: bytes) -> dict[str, Any]:
        """The scheduler's configuration by the fields of `AllocationConfiguration`. Raises FairRefusesError."""
        file = self.folder / "fair-scheduler.xml"
        file.write_bytes(content)
        try:
            self._jvm.stdin.write(f"{file}\n")
            self._jvm.stdin.flush()
            answer = json.loads(self._jvm.stdout.readline())
        except ValueError as error:
            raise AssertionError(f"the JVM ended: {(self.folder / 'log').read_text()[-2000:]}") from error
        if "refused" in answer:
            raise FairRefusesError(answer["refused"])
        return answer
