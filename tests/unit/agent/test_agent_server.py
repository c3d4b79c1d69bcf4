"""The agent's socket, from the outside: an agent with a desk that only remembers, in a process of its own."""

import asyncio
import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from placement.agent.names import Account, Names, has_name
from placement.agent.socket_file import SocketFile
from placement.errors import PlacementError
from tests.unit.agent.stub_agent import SUBMIT, Client, running, start

STATUS = {"v": 1, "op": "status"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with running(tmp_path_factory.mktemp("agent") / "agent.sock") as found:
        yield found


def dribble(client):
    for _ in range(1000):
        client.send(b" ")
        time.sleep(0.01)


def pour(client):
    for _ in range(1024):
        client.send(bytes(1024 * 1024))


def submit(number, command=""):
    return SUBMIT | {"id": f"{number:016x}", "command": command}


def code(*arguments):
    with pytest.raises(PlacementError) as raised:
        SocketFile(*map(str, arguments))
    return raised.value.problems[0].code


# One request


def test_a_submission_waits_and_is_answered_at_last(agent):
    client = agent.client(submit(1))
    assert client.answer()["outcome"] == "wait"
    assert agent.ask({"v": 1, "op": "cancel", "id": f"{1:016x}"}) == {"v": 1, "cancelled": True}
    assert client.answer() == {"v": 1, "outcome": "reject", "reason": "cancelled"}
    assert client.answer() is None
    assert f"{1:016x}" not in agent.status()["gone"]


def test_a_submission_that_is_answered_at_once_is_over(agent):
    client = agent.client(submit(2, "run"))
    assert client.answer() == {"v": 1, "outcome": "run", "queue": "root.a"}
    assert client.is_over()
    assert f"{2:016x}" not in agent.status()["gone"]


def test_other_requests_have_one_answer(agent):
    for said, key in (({"op": "queue", "all": True}, "entries"), ({"op": "why", "application": "a"}, "entry")):
        client = agent.client({"v": 1, **said})
        assert key in client.answer()
        assert client.answer() is None
    assert agent.ask({"v": 1, "op": "why", "application": "a"})["words"] == "file ? of a"


def test_an_answer_may_be_long(agent):
    assert len(agent.ask({"v": 1, "op": "snapshot"})["snapshot"]) == 8_000_000


def test_the_desk_hears_from_the_kernel_who_asks(agent):
    client = agent.client(submit(3, "run") | {"account": "root", "uid": 0})
    client.answer()
    account = pwd.getpwuid(os.getuid()).pw_name
    assert agent.status()["peers"][-1] == [os.getuid(), os.getgid(), os.getpid(), account]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_account_may_connect_and_is_told_apart():
    program = "import os, socket, sys; os.setgid(12345); os.setuid(54321); s = socket.socket(socket.AF_UNIX); "
    program += "s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b'\\n'); s.recv(100)"
    with tempfile.TemporaryDirectory() as folder, running(Path(folder, "agent.sock")) as agent:
        os.chmod(folder, 0o755)
        asked = json.dumps(submit(4, "run"))
        subprocess.run([sys.executable, "-c", program, agent.path, asked], check=True, timeout=30)
        uid, gid, _, account = agent.status()["peers"][-1]
    assert (uid, gid, account) == (54321, 12345, "54321")


@pytest.mark.parametrize(
    ("command", "reason"),
    [("broken", "agent-failed"), ("unserializable", "agent-failed"), ("away", "ledger-away")],
)
def test_a_desk_that_fails_leaves_the_outcome_unknown_and_the_agent_up(agent, command, reason):
    answer = agent.ask(submit(5, command))
    assert (answer["outcome"], answer["reason"]) == ("unknown", reason)
    assert "Traceback" not in answer["message"]
    assert agent.status()


# Clients that behave badly


@pytest.mark.parametrize(
    "said",
    [b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\x00\xff\n", b"[1]\n", b'{"v":1,"op":"status"}\n{"v":1}\n', b"x" * 65537],
)
def test_garbage_is_refused_and_the_connection_ends(agent, said):
    client = agent.client(said)
    assert client.answer()["error"] == "bad-request"
    assert client.is_over()


def test_half_a_line_and_no_more_is_refused(agent):
    client = agent.client(json.dumps(STATUS).encode())
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer()["error"] == "bad-request"


def test_a_line_may_come_in_pieces(agent):
    client = agent.client()
    for byte in json.dumps(STATUS).encode() + b"\n":
        client.send(bytes([byte]))
    assert "waiting" in client.answer()


def test_who_says_more_than_one_request_while_waiting_is_refused_and_gone(agent):
    client = agent.client(submit(6))
    client.answer()
    client.send(b"more")
    assert client.answer()["error"] == "bad-request"
    agent.until(lambda status: f"{6:016x}" in status["gone"])


def test_a_gigabyte_takes_no_memory(agent):
    process = psutil.Process(agent.process.pid)
    before = process.memory_info().rss
    for opening in (b"", json.dumps(submit(7)).encode() + b"\n"):
        client = agent.client(opening)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            pour(client)
    assert process.memory_info().rss - before < 10_000_000
    assert agent.status()


def test_who_says_nothing_or_says_it_too_slowly_is_closed(tmp_path):
    with running(tmp_path / "agent.sock", line_s=0.3) as agent:
        silent, slow = agent.client(), agent.client()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            dribble(slow)
        assert silent.is_over()
        waiting = agent.client(submit(1))
        assert waiting.answer()
        time.sleep(0.5)
        assert agent.status()["waiting"] == 1  # who has asked may wait


def test_who_does_not_read_is_dropped(agent):
    client = agent.client(submit(8, "flood"))
    agent.until(lambda status: f"{8:016x}" in status["gone"])
    client.close()
    assert "slow-reader" in agent.page(b"GET /metrics HTTP/1.1\r\n\r\n")


def test_who_does_not_read_a_long_answer_is_dropped_in_time(tmp_path):
    with running(tmp_path / "agent.sock", last_answer_s=0.3) as agent:
        clients = [agent.client({"v": 1, "op": "snapshot"}) for _ in range(30)]  # 240 MB in all
        assert agent.status()
        assert psutil.Process(agent.process.pid).memory_info().rss < 200_000_000
        time.sleep(0.5)
        assert b"\n" not in b"".join(iter(lambda: clients[0].socket.recv(1 << 20), b""))


def test_a_killed_client_gives_its_place_up_at_once(agent):
    program = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
    program += "s.sendall(sys.argv[2].encode() + b'\\n'); s.recv(100); print(flush=True); time.sleep(60)"
    asked = json.dumps(submit(9))
    with subprocess.Popen([sys.executable, "-c", program, agent.path, asked], stdout=subprocess.PIPE) as client:
        client.stdout.readline()
        assert f"{9:016x}" not in agent.status()["gone"]
        client.kill()
    agent.until(lambda status: f"{9:016x}" in status["gone"], seconds=2)


def test_a_client_that_closes_gives_its_place_up(agent):
    client = agent.client(submit(10))
    client.answer()
    client.close()
    agent.until(lambda status: f"{10:016x}" in status["gone"], seconds=2)


def test_a_turn_that_nobody_is_there_to_take_is_given_back(agent):
    agent.client(submit(11, "slow")).close()
    agent.until(lambda status: f"{11:016x}" in status["gone"])


# Many clients


def test_an_account_has_so_many_connections_and_no_more(tmp_path):
    with running(tmp_path / "agent.sock", per_account=3) as agent:
        agent.until_alone()
        waiting = [agent.client(submit(number)) for number in range(3)]
        assert [client.answer()["outcome"] for client in waiting] == ["wait"] * 3
        late = agent.client()
        assert late.answer()["error"] == "too-many"
        assert late.is_over()
        waiting[0].close()
        late.close()
        agent.until(lambda status: status.get("waiting") == 2)


def test_two_thousand_wait_at_once_in_little_memory(tmp_path):
    with running(tmp_path / "agent.sock", per_account=5000) as agent:
        before = psutil.Process(agent.process.pid).memory_info().rss
        with ThreadPoolExecutor(4) as pool:
            clients = list(pool.map(lambda number: agent.client(submit(number)), range(2000)))
        assert agent.until(lambda status: status["waiting"] == 2000)
        assert psutil.Process(agent.process.pid).memory_info().rss - before < 60_000_000
        assert "placement_connected_clients 2000.0" in agent.page(b"GET /metrics HTTP/1.1\r\n\r\n")
        for client in clients:
            client.close()
        agent.until(lambda status: len(status["gone"]) == 2000)


# The beginning and the end


def test_the_socket_is_for_everybody_and_its_lock_for_nobody_else(agent):
    assert stat.S_IMODE(os.stat(agent.path).st_mode) == 0o666
    assert stat.S_IMODE(os.stat(f"{agent.path}.lock").st_mode) == 0o600


def test_a_second_agent_is_refused_and_the_first_goes_on(agent):
    second = start(agent.path)
    _, said = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "error[agent-running]" in said
    assert "Traceback" not in said
    assert agent.status()


def test_the_socket_of_a_killed_agent_is_taken_over(tmp_path):
    path = tmp_path / "agent.sock"
    with running(path) as agent:
        agent.process.kill()
        agent.process.wait()
        assert path.exists()
    with pytest.raises(ConnectionRefusedError):
        Client(path)
    with running(path) as agent:
        assert agent.status()


def test_what_is_no_socket_is_not_replaced(tmp_path):
    path = tmp_path / "agent.sock"
    path.write_text("precious")
    with pytest.raises(PlacementError) as raised:
        SocketFile(str(path)).listen()
    assert raised.value.problems[0].code == "socket-unusable"
    assert path.read_text() == "precious"


def test_a_folder_that_others_may_write_in_is_refused(tmp_path):
    os.chmod(tmp_path, 0o777)
    assert code(tmp_path / "agent.sock") == "socket-folder"
    os.chmod(tmp_path, 0o755)
    SocketFile(str(tmp_path / "agent.sock")).close()


@pytest.mark.parametrize("path", ["/nowhere/agent.sock", "a\0b", "/proc/agent.sock", "/" + "x" * 300])
def test_a_path_that_cannot_be_had_is_refused(path):
    assert code(path) == "socket-unusable"


def test_a_path_that_is_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(PlacementError) as raised:
        SocketFile(str(tmp_path / ("x" * 120))).listen()
    assert raised.value.problems[0].code == "socket-unusable"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word_and_nobody_is_gone(tmp_path, number):
    with running(tmp_path / "agent.sock") as agent:
        waiting = agent.client(submit(1))
        waiting.answer()
        agent.process.send_signal(number)
        assert waiting.is_over()
        assert agent.process.wait(10) == 0
        assert agent.process.stderr.read() == "1 wait, gone: []\n"
        assert not agent.path.exists()


def test_systemd_is_told_and_gives_the_socket(tmp_path):
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(30)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = tmp_path / "agent.sock"
    listening.bind(str(path))
    listening.listen()
    early = Client(path).send(STATUS)  # before there is an agent
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000", "LISTEN_FDS": "1"}
    begin = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); "
    begin += "os.execv(sys.executable, [sys.executable, '-m', 'tests.unit.agent.stub_agent', sys.argv[2]])"
    command = [sys.executable, "-c", begin, str(listening.fileno()), path]
    with subprocess.Popen(command, env=os.environ | environ, pass_fds=[listening.fileno()]) as process:
        assert told.recv(100) == b"READY=1"
        assert early.answer()["waiting"] == 0
        assert told.recv(100) == b"WATCHDOG=1"
        process.terminate()
        while (state := told.recv(100)) == b"WATCHDOG=1":
            pass
        assert state == b"STOPPING=1"
    assert process.returncode == 0
    assert path.exists()  # it is systemd's


# The name service


def test_a_name_service_that_hangs_is_said_and_asked_once():
    release, calls = threading.Event(), []

    def hang(uid):
        calls.append(uid)
        release.wait(30)
        return "late"

    async def ask():
        accounts = Names(hang, timeout_s=0.1)
        found = await asyncio.gather(*(accounts.ask(5) for _ in range(50)), return_exceptions=True)
        release.set()
        return found

    found = asyncio.run(ask())
    assert {error.problems[0].code for error in found} == {"name-service"}
    assert calls == [5]


def test_a_name_is_kept_and_a_number_is_not():
    async def ask():
        accounts = Names(lambda uid: Account({1: "daemon"}.get(uid, str(uid))), has_name)
        assert [await accounts.ask(1), await accounts.ask(2)] == [("daemon", ()), ("2", ())]
        return accounts.known(1), accounts.known(2)

    assert asyncio.run(ask()) == (("daemon", ()), None)
