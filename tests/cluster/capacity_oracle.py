"""The capacity scheduler's own reading of its file, asked in one JVM: some ten milliseconds a file."""

import base64
import json
from typing import Any

from tests.cluster import configuration, parts
from tests.cluster.jvm import Jvm


class CapacityOracle(Jvm):
    """A JVM with Hadoop on its class path, up inside its `with` block."""

    def __init__(self) -> None:
        super().__init__("CapacityOracle.java", f"{parts.hadoop_lib()}/*", configuration.OPENED, "-Xmx400m")

    def read(self, content: bytes) -> dict[str, Any]:
        """`properties`, or why the file is `unreadable`; `queues` by full path, or why the scheduler `refused` it."""
        return json.loads(self.ask(base64.b64encode(content).decode()))
