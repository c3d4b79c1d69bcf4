"""Runs `placement`, and kills it just before the N-th thing that it does to the world: python killed.py N FILE ARG...

N 0 kills nothing. What it did is written to FILE, a line each, so that a caller knows how many there are.
"""

import os
import signal
import sys

WATCHED = (
    *("os.mkdir", "os.rename", "os.remove", "os.link", "os.truncate", "os.chmod", "os.chown"),
    *("subprocess.Popen", "socket.connect", "fcntl.flock", "http.client.send"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def watch(number: int, journal: str) -> None:
    """Installs the hook: `number` counts from 1."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            flags = arguments[2]
            if not isinstance(flags, int) or not flags & WRITING or str(arguments[0]).startswith("/dev/"):
                return
        elif event not in WATCHED:
            return
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(descriptor, f"{event} {arguments[0]}\n".encode(errors="replace"))

    sys.addaudithook(hook)


if __name__ == "__main__":
    _, number, journal, *arguments = sys.argv
    sys.argv = ["placement", *arguments]
    sys.dont_write_bytecode = True
    from placement.cli import main

    watch(int(number), journal)
    main()
