"""Runs `placement`, and ends it, or holds it, just before the N-th thing that it does to the world.

`python killed.py` reads from standard input, a JSON object a line, and answers with the exit status, a line each:
`arguments`; `number` of the thing, from 1, 0 for none; `how`, one of those below; `folder`, where `out`, `err` and
`journal` are written, the things that were done, a line each. Each run is a fork of one process that has imported all
of it, as a walk has many. `kill`: at once; `soon`: SOON_S later, without a word; `pause`: until the file `paused` in
`folder` is deleted; a number: that signal.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

WATCHED = (
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate", "os.chmod", "os.chown"),
    *("subprocess.Popen", "socket.connect", "http.client.send"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SOON_S = 0.004  # a request is with the ResourceManager, and its answer is not yet here
MODULES = ("apply", "rollback", "plan", "history")


class Instants:
    """Counts what is done, and ends it at the one that is asked for."""

    def __init__(self, number: int, how: str | int, folder: str) -> None:
        self.number = number
        self.how = how
        self.folder = folder
        self.count = 0
        self.journal = os.open(os.path.join(folder, "journal"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """For sys.addaudithook."""
        if not _changes_or_asks(event, arguments) or arguments[0] == os.path.join(self.folder, "paused"):
            return
        self.count += 1
        if self.count == self.number:
            self.act()
        what = arguments[1][:4].decode() if event == "http.client.send" else arguments[0]
        os.write(self.journal, f"{event} {what}\n".encode(errors="replace"))

    def act(self) -> None:
        if self.how == "soon":
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, SOON_S)
        elif self.how == "pause":
            paused = os.path.join(self.folder, "paused")
            os.close(os.open(paused, os.O_WRONLY | os.O_CREAT, 0o600))
            while os.path.exists(paused):
                time.sleep(0.05)
        else:
            os.kill(os.getpid(), signal.SIGKILL if self.how == "kill" else int(self.how))


def _changes_or_asks(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & WRITING) and not str(arguments[0]).startswith("/dev/")
    return event in WATCHED


def run(asked: Mapping[str, Any]) -> int:
    """The exit status of `placement` in a fork; that of a process ended by a signal is negative."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(os.path.join(asked["folder"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for number in (signal.SIGTERM, signal.SIGHUP):  # ignored, if the tests were begun by `nohup`
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["placement", *asked["arguments"]]
    instants = Instants(asked["number"], asked["how"], asked["folder"])
    sys.addaudithook(instants.hook)
    from placement.cli import main

    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    finally:
        os._exit(70)  # nothing of the server goes on in the fork


if __name__ == "__main__":
    from importlib import import_module

    for module in MODULES:
        import_module(f"placement.cli.{module}")
    for line in iter(sys.stdin.readline, ""):
        print(run(json.loads(line)), flush=True)
