"""Hadoop's own reading of allocation files, asked in one JVM: a few milliseconds a file."""

import json
from typing import Any

from tests.cluster import configuration, parts
from tests.cluster.jvm import Jvm


class FairRefusesError(Exception):
    """The fair scheduler refuses the file; the message has its own words."""


class FairOracle(Jvm):
    """A JVM with Hadoop's fair scheduler on its class path, up inside its `with` block."""

    def __init__(self) -> None:
        super().__init__("FairOracle.java", f"{parts.hadoop_lib()}/*", configuration.OPENED)

    def load(self, content: bytes) -> dict[str, Any]:
        """The scheduler's configuration by the fields of `AllocationConfiguration`. Raises FairRefusesError."""
        file = self.folder / "fair-scheduler.xml"
        file.write_bytes(content)
        answer = json.loads(self.ask(str(file)))
        if "refused" in answer:
            raise FairRefusesError(answer["refused"])
        return answer
