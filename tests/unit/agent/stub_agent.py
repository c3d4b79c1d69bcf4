"""An agent whose desk only remembers: python -m tests.unit.agent.stub_agent SOCKET [LIMIT=VALUE...]; its clients."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from placement.agent.connection import Limits
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.names import Account, Names
from placement.agent.server import Server, serve
from placement.agent.socket_file import SocketFile
from placement.agent.systemd import Systemd
from placement.agent.web import Web
from placement.errors import PlacementError, Problem
from placement.identity import user_name

ROOT = Path(__file__).parents[3]

SUBMIT = {"v": 1, "op": "submit", "id": "0123456789abcdef", "user": "alice", "candidates": ["root.a"]}


class StubDesk:
    """Answers by the command of a submission, and tells in `status` what it was told."""

    def __init__(self):
        self.gone_ids, self.peers, self.sends = [], [], {}

    def submit(self, request, peer, send):
        self.peers.append([peer.uid, peer.gid, peer.pid, peer.account])
        match request.command:
            case "run":
                send({"outcome": "run", "queue": "root.a"})
            case "slow":
                time.sleep(0.3)
                send({"outcome": "run", "queue": "root.a"})
            case "broken":
                raise RuntimeError("a fault of ours")
            case "away":
                raise PlacementError(Problem("ledger-away", "the ledger is away", remedy="see its disk"))
            case "flood":
                for _ in range(2000):
                    send({"outcome": "wait", "message": "x" * 1000})
            case "unserializable":
                send({"outcome": "wait", "message": object()})
            case _:
                send({"outcome": "wait", "place": len(self.sends) + 1})
        self.sends[request.id] = send
        return request.id

    def gone(self, ticket):
        self.gone_ids.append(ticket)
        self.sends.pop(ticket, None)

    def queue(self, request, _peer):
        return {"entries": [], "all": request.all}

    def cancel(self, request, _peer):
        if request.id not in self.sends:
            return {"error": "no-entry"}
        self.sends.pop(request.id)({"outcome": "reject", "reason": "cancelled"})
        return {"cancelled": True}

    def status(self, _request, _peer):
        return {"gone": self.gone_ids, "peers": self.peers[-1:], "waiting": len(self.sends)}

    def why(self, request, _peer):
        return {"entry": None, "words": f"file \udcff of {request.application}"}

    def snapshot(self, _request, _peer):
        return {"snapshot": "x" * 8_000_000}


async def _main(path, limits):
    metrics = Metrics(time.time)
    log = Log(sys.stderr, time.time)
    systemd = Systemd(os.environ)
    try:
        file = SocketFile(path)
        listening = systemd.listening() or file.listen()
    except PlacementError as error:
        sys.exit(str(error))
    web = Web(metrics, lambda: None)
    _, port = await web.open("127.0.0.1", 0)
    with open(f"{path}.port", "w") as told:
        told.write(f"{port}")
    desk = StubDesk()
    await serve(
        Server(desk, log, metrics, Names(lambda uid: Account(user_name(uid))), Limits(**limits)), listening, systemd
    )
    await web.close()
    file.close()
    print(f"{len(desk.sends)} wait, gone: {desk.gone_ids}", file=sys.stderr)


class Client:
    """A connection to an agent."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def send(self, said):
        """Bytes as they are, anything else as a line of JSON."""
        self.socket.sendall(said if isinstance(said, bytes) else json.dumps(said).encode() + b"\n")
        return self

    def answer(self):
        """The next answer; None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def is_over(self):
        try:
            return self.answer() is None
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()


class Agent:
    """The process and its socket."""

    def __init__(self, path, process):
        self.path, self.process = path, process

    def client(self, said=None):
        client = Client(self.path)
        if said is not None:
            with suppress(BrokenPipeError):  # it has refused us already: why is still to be read
                client.send(said)
        return client

    def ask(self, said):
        client = self.client(said)
        answer = client.answer()
        client.close()
        return answer

    def status(self):
        return self.ask({"v": 1, "op": "status"})

    def until(self, is_so, seconds=20):
        """The status, once it is so."""
        end = time.monotonic() + seconds
        while not is_so(status := self.status()):
            assert time.monotonic() < end, status
            time.sleep(0.01)
        return status

    def until_alone(self):
        """Comes back when nobody is connected."""
        end = time.monotonic() + 20
        while "placement_connected_clients 0.0" not in self.page(b"GET /metrics HTTP/1.1\r\n\r\n"):
            assert time.monotonic() < end
            time.sleep(0.01)

    def page(self, request):
        with socket.create_connection(
            ("127.0.0.1", int(self.path.with_name(f"{self.path.name}.port").read_text()))
        ) as there:
            there.settimeout(30)
            there.sendall(request)
            return b"".join(iter(lambda: there.recv(65536), b"")).decode()


def start(path, environ=None, pass_fds=(), **limits):
    """The process of an agent, which may not be up yet."""
    command = [sys.executable, "-m", "tests.unit.agent.stub_agent", str(path), *(f"{k}={v}" for k, v in limits.items())]
    environ = {**os.environ, **(environ or {})}
    return subprocess.Popen(command, cwd=ROOT, env=environ, pass_fds=pass_fds, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(path, **limits):
    """An agent that is up; it is killed in the end."""
    process = start(path, **limits)
    try:
        end = time.monotonic() + 30
        while True:
            try:
                Client(path).close()
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < end
                time.sleep(0.02)
        yield Agent(path, process)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], {name: float(value) for name, value in (word.split("=") for word in sys.argv[2:])}))
