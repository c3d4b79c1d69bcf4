"""An agent that says what a test wants, on a Unix socket of its own; and a gateway that asks it."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.conftest import ROOT

RUN = {"v": 1, "outcome": "run", "queue": "root.a", "message": "your turn", "age_s": 1.5}
LIMIT = {"code": "am-share", "queue": "root.a", "at": "root.a", "needed": 896, "have": 512, "unit": "MiB"}
WAIT = {
    "v": 1,
    "outcome": "wait",
    "queue": "root.a",
    "place": 3,
    "of": 12,
    "limit": LIMIT,
    "ahead": ["0123456789abcdef bob spark-submit big.py"],
    "expected": {"from_s": 60, "to_s": 600, "kept": 9, "of": 10},
    "waited_s": 0.0,
    "message": "the application master needs 896m, and `root.a` has 512m left",
    "age_s": 2.5,
}


class Talk:
    """One connection: the `request` that came, and what is said to it."""

    def __init__(self, there: socket.socket) -> None:
        self._there = there
        self._there.settimeout(30)
        line = b""
        while not line.endswith(b"\n") and (chunk := there.recv(65536)):
            line += chunk
        self.request = json.loads(line) if line else None

    def say(self, *answers) -> None:
        for answer in answers:
            self.raw(json.dumps(answer).encode() + b"\n")

    def raw(self, said: bytes) -> None:
        with contextlib.suppress(OSError):  # the client may be gone
            self._there.sendall(said)

    def is_gone(self, within_s=20.0) -> bool:
        """Waits until the client has closed."""
        self._there.settimeout(within_s)
        try:
            return self._there.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


class StubAgent:
    """Answers each connection by `behave(talk)`, each in its own thread, then closes it."""

    def __init__(self, path, behave) -> None:
        self.path, self._behave = path, behave
        self.requests = []
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                there, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(there,), daemon=True).start()

    def _answer(self, there) -> None:
        with there:
            talk = Talk(there)
            self.requests.append(talk.request)
            self._behave(talk)

    def close(self) -> None:
        if self._listening.fileno() >= 0:
            self.refuse()
            self._listening.close()
            Path(self.path).unlink(missing_ok=True)

    def refuse(self) -> None:
        """Listens no more, and leaves the socket's file where it is."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


REAL = '#!/bin/sh\nfor argument in "$@"; do printf \'<%s>\\n\' "$argument"; done\nexit 3\n'


class Gateway:
    """A policy with admission, a wrapped spark-submit, and its audit trail."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.policy, self.bin = folder, folder / "policy", folder / "bin"
        self.socket = folder / "agent.sock"
        for each in (folder, self.policy, self.bin):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        (self.policy / "map.txt").write_text("alice: root.a\nalice: root.b\n")
        (self.policy / "groups.yaml").write_text("bob: [dev]\n")
        self.site()
        self.real(REAL)

    def site(self, admission: str = "", more: str = "") -> None:
        (self.policy / "site.yaml").write_text(
            f"groups: {{static: groups.yaml}}\naudit: {{file: {self.folder}/trail.jsonl}}\n"
            f"admission: {{socket: {self.socket}, {admission}}}\n{more}"
        )

    def real(self, script: str) -> None:
        (self.bin / "spark-submit").write_text(script)
        (self.bin / "spark-submit").chmod(0o755)

    def trail(self):
        return [json.loads(line) for line in (self.folder / "trail.jsonl").read_text().splitlines()]

    def environ(self, **more):
        return {
            "PATH": f"{ROOT / 'wrappers'}:{self.bin}:/usr/bin:/bin",
            "PLACEMENT_POLICY": str(self.policy),
            "HADOOP_USER_NAME": "alice",
            "MASTER": "yarn",
            **more,
        }

    def command(self, *arguments, changed=""):
        """A wrapped spark-submit; `changed`: statements about `waiting` and `line` before it begins."""
        if not changed:
            return ["spark-submit", *arguments, "dir/job.py"]
        code = f"import placement.waiting as waiting, placement.waiting_line as line, placement.shim; {changed}"
        wrapper = str(ROOT / "wrappers" / "spark-submit")
        return [sys.executable, "-I", "-c", f"{code}; placement.shim.main()", wrapper, *arguments, "dir/job.py"]

    def run(self, *arguments, changed="", **environ):
        command = self.command(*arguments, changed=changed)
        done = subprocess.run(
            command, env=self.environ(**environ), cwd=self.folder, capture_output=True, timeout=60, check=False
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()
