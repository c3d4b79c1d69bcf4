"""An administrator whose `placement` is ended, or held, at any instant, and what is found in force then."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from placement.schedulers.formats import FORMATS
from placement.sync.history import BEFORE, Entry, History
from tests.cluster import killed
from tests.cluster.administrator import Administrator
from tests.cluster.yarn import Yarn

CHANGING = ("os.", "open ", "subprocess.Popen", "http.client.send PUT")


@dataclass(frozen=True)
class Done:
    """One run of `placement`; `journal`: what it did."""

    status: int
    out: str
    err: str
    journal: list[str]


class Walker(Administrator):
    """Keeps `yarn` by a policy that wants what `new` says, a file of the scheduler; in force is its own one, `old`."""

    def __init__(self, yarn: Yarn, folder: Path, new: str) -> None:
        super().__init__(yarn, folder)
        (folder / "bin").mkdir()
        script = folder / "bin" / "yarn"  # Hadoop's own classes are not asked: a JVM each time
        script.write_text('#!/bin/sh\n[ "$1" = classpath ] && exit 1\nPATH=${PATH#*:}\nexec yarn "$@"\n')
        script.chmod(0o755)
        wanted = folder / "new.xml"
        wanted.write_text(new)
        done = self.run("import", yarn.scheduler, wanted, "--to", self.policy)
        assert done.returncode == 0, done.stderr
        with (self.policy / "site.yaml").open("a") as site:
            site.write(f"sync: {{history: {self.history}}}\n")
        self._server: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        environ = super().environment()
        return environ | {"PATH": f"{self.folder}/bin:{environ['PATH']}"}

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-B", killed.__file__],
            env=self.environment(), cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.communicate()

    def begin(self, *arguments: str, number: int = 0, how: str | int = "kill") -> None:
        """Starts `placement` with these arguments."""
        assert self._server
        asked = {"arguments": arguments, "number": number, "how": how, "folder": str(self.folder)}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()

    def end(self) -> Done:
        """Waits for its end."""
        assert self._server
        status = int(self._server.stdout.readline())
        texts = [(self.folder / name).read_text() for name in ("out", "err", "journal")]
        return Done(status, texts[0], texts[1], texts[2].splitlines())

    def does(self, *arguments: str, number: int = 0, how: str | int = "kill") -> Done:
        """Both."""
        self.begin(*arguments, number=number, how=how)
        return self.end()

    @contextmanager
    def held(self, *arguments: str, number: int) -> Iterator[None]:
        """While `placement` waits before its `number`-th thing; `end` tells how it went on."""
        self.begin(*arguments, number=number, how="pause")
        while not (self.folder / "paused").exists():
            time.sleep(0.05)
        yield
        (self.folder / "paused").unlink()

    def told(self) -> Any:
        """What the scheduler is told: the bytes of its file, or the properties that the ResourceManager keeps."""
        if self.is_mutable:
            return {each["name"]: each["value"] for each in self.yarn.get("scheduler-conf")["property"]}
        return self.yarn.scheduler_file.read_bytes()

    @property
    def is_mutable(self) -> bool:
        return "configuration.store.class" in (self.yarn.conf_dir / "yarn-site.xml").read_text()

    def shown(self) -> dict[str, str]:
        """Each queue that the ResourceManager works by: its share and its state."""
        root = self.yarn.get("scheduler")["scheduler"]["schedulerInfo"]
        found, rest = {}, [root.get("rootQueue", root)]
        while rest:
            queue = rest.pop()
            state = queue.get("state", "RUNNING")
            share = queue.get("capacity", queue.get("maxApps"))
            found[queue.get("queuePath") or queue["queueName"]] = f"{share} {state}"
            below = queue.get("queues") or queue.get("childQueues") or {}
            rest += below.get("queue", [])
        return found

    def last(self) -> Entry | None:
        """The last entry, whose folder is whole."""
        history = History(str(self.history))
        entries = history.entries()
        for name in sorted(os.listdir(self.history)) if self.history.exists() else []:
            if name.isdigit() and (self.history / name / "record.json").exists():
                FORMATS[self.yarn.scheduler].read((self.history / name / BEFORE).read_bytes(), name, lambda _: b"")
        return entries[-1] if entries else None


def instants(journal: list[str], every: bool = False) -> list[tuple[int, str]]:
    """(number, how) of the instants of a run: those after what only asks leave the same as the one before.

    What is sent or started has a second one, when it is under way.
    """
    found = []
    for number, _ in enumerate([*journal, ""][:-1], 1):
        if every or number == 1 or journal[number - 2].startswith(CHANGING):
            found.append((number, "kill"))
        if journal[number - 1].startswith(("subprocess.Popen", "http.client.send PUT")):
            found.append((number, "soon"))
    return found
