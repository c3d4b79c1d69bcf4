"""The agent's socket: a status request beside a bare echo, and what thousands of waiting clients cost.

python -m tests.bench.bench_agent_socket
"""

import asyncio
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from tests.unit.agent.stub_agent import SUBMIT, Client, running

ROUNDS = 2000
WAITING = 5000
STATUS = json.dumps({"v": 1, "op": "status"}).encode() + b"\n"


async def echo(path: str) -> None:
    """The least that a server in this language can do: one line comes back."""

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)
            self.transport.close()

    server = await asyncio.get_running_loop().create_unix_server(Echo, path)
    await server.serve_forever()


def round_trip(path: Path) -> float:
    """Seconds to connect, ask, and read to the end."""
    begin = time.perf_counter()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
        there.connect(str(path))
        there.sendall(STATUS)
        while there.recv(65536):
            pass
    return time.perf_counter() - begin


def compare(agent: Path, bare: Path) -> None:
    """Prints both, asked in turn."""
    found: dict[str, list[float]] = {"bare echo": [], "status": []}
    for number in range(ROUNDS + 100):
        for name, path in (("bare echo", bare), ("status", agent)):
            seconds = round_trip(path)
            if number >= 100:
                found[name].append(seconds)
    base = median(found["bare echo"])
    for name, seconds in found.items():
        worst = sorted(seconds)[-len(seconds) // 100]
        middle = median(seconds)
        print(
            f"  {name:<12} {middle * 1e6:7.0f} us median  {worst * 1e6:7.0f} us of 100 the slowest"
            f"  {middle / base:5.2f} x"
        )


def crowd(path: Path) -> None:
    """Prints what the agent weighs with WAITING clients, and how it answers then."""
    with running(path, per_account=WAITING + 100) as agent:
        process = psutil.Process(agent.process.pid)
        before = process.memory_info().rss
        begin = time.perf_counter()
        clients = [Client(path).send(SUBMIT | {"id": f"{number:016x}"}) for number in range(WAITING)]
        agent.until(lambda status: status["waiting"] == WAITING)
        took = time.perf_counter() - begin
        after = process.memory_info().rss
        print(f"\n{WAITING} clients that wait, connected one after another in {took:.2f} s")
        print(f"  the agent alone {before / 2**20:6.1f} MiB")
        print(f"  with them       {after / 2**20:6.1f} MiB, {(after - before) / WAITING / 1024:.1f} KiB each")
        print(f"  status then     {median(round_trip(path) for _ in range(200)) * 1e6:6.0f} us median")
        begin = time.perf_counter()
        for client in clients:
            client.close()
        agent.until(lambda status: status["waiting"] == 0)
        print(f"  all gone, and the agent knows, after {time.perf_counter() - begin:.2f} s")


def main() -> None:
    """Prints all of it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as temporary:
        agent, bare = Path(temporary, "agent.sock"), Path(temporary, "bare.sock")
        with subprocess.Popen([sys.executable, "-m", "tests.bench.bench_agent_socket", str(bare)]) as echoing:
            try:
                while not bare.exists() and echoing.poll() is None:
                    time.sleep(0.05)
                time.sleep(0.2)
                with running(agent):
                    print(f"\none request, {ROUNDS} times, each on a connection of its own")
                    compare(agent, bare)
            finally:
                echoing.kill()
        crowd(Path(temporary, "crowd.sock"))


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(echo(sys.argv[1]))
    else:
        main()
