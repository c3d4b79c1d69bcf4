"""The capacity scheduler's own reading of its file, asked in one JVM: some ten milliseconds a file."""

import base64
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

from tests.cluster import configuration, parts


class CapacityOracle:
    """A JVM with Hadoop on its class path, up inside its `with` block."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="capacity-oracle-")
        self._log = Path(self._folder.name, "log")
        java = parts.java_home() / "bin" / "java"
        source = Path(__file__).with_name("CapacityOracle.java")
        options = [*configuration.QUICK_START.split(), configuration.OPENED, "-Xmx400m"]
        with self._log.open("wb") as log:
            self._jvm = subprocess.Popen(
                [java, *options, "-cp", f"{parts.hadoop_lib()}/*", source],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                cwd=self._folder.name,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._jvm.stdin.close()
        self._jvm.wait(timeout=60)
        self._jvm.stdout.close()
        self._folder.cleanup()

    def read(self, content: bytes) -> dict[str, Any]:
        """`properties`, or why the file is `unreadable`; `queues` by full path, or why the scheduler `refused` it."""
        self._jvm.stdin.write(base64.b64encode(content).decode() + "\n")
        self._jvm.stdin.flush()
        answer = self._jvm.stdout.readline()
        assert answer, f"the JVM ended: {self._log.read_text()[-2000:]}"
        return json.loads(answer)
