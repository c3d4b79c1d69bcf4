"""Channels of clients, each told to a reader that remembers it."""

import asyncio
import socket

import pytest

from placement.agent.channel import Door


class Heard:
    """Remembers what it is told, by what the client said first."""

    def __init__(self, said, answer=None):
        self.said, self.answer = said, answer

    def connection_made(self, channel):
        self.channel = channel

    def data_received(self, data):
        self.said.append(data)
        if data == b"fail":
            raise RuntimeError("a fault of ours")
        if self.answer is not None:
            self.channel.write(self.answer)
            self.channel.close()

    def eof_received(self):
        self.said.append("end")

    def connection_lost(self, error):
        self.said.append("lost" if error is None else type(error).__name__)


@pytest.fixture
def meet(tmp_path):
    """Runs what is done with clients, one for each call of `client`, beside an open door; gives what was heard."""

    def run(act, answer=None):
        said, faults = [], []

        def client():
            there = socket.socket(socket.AF_UNIX)
            there.settimeout(10)
            there.connect(str(tmp_path / "socket"))
            return there

        async def both():
            asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(tmp_path / "socket"))
            door = Door(listening, lambda: Heard(said, answer), 100)
            try:
                await act(client)
                await asyncio.sleep(0.05)
            finally:
                door.close()

        asyncio.run(both())
        return said, faults

    return run


@pytest.mark.parametrize("turns", range(6))
def test_who_came_first_is_read_first(meet, turns):
    clients = []

    async def act(client):
        clients.append(client())
        for _ in range(turns):  # of the loop, after which it is let in, or watched already, and says nothing yet
            await asyncio.sleep(0)
        clients[0].send(b"0")
        for number in range(1, 50):
            clients.append(client())
            clients[-1].send(str(number).encode())

    said, _ = meet(act)
    assert said == [str(number).encode() for number in range(50)]


def test_what_the_kernel_does_not_take_at_once_is_sent_before_the_end(meet):
    answer = bytes(range(256)) * 20_000

    async def act(client):
        with client() as there:
            there.send(b"a")
            found = await asyncio.to_thread(lambda: b"".join(iter(lambda: there.recv(65536), b"")))
        assert found == answer

    assert meet(act, answer) == ([b"a", "lost"], [])


def test_a_client_that_went_before_its_answer_is_lost(meet):
    async def act(client):
        with client() as there:
            there.send(b"a")

    said, faults = meet(act, b"an answer")
    assert said == [b"a", "BrokenPipeError"]
    assert not faults


def test_a_client_that_stays_is_heard_when_it_speaks_and_when_it_goes(meet):
    async def act(client):
        with client() as there:
            for word in (b"a", b"b"):
                there.send(word)
                await asyncio.sleep(0.05)

    assert meet(act) == ([b"a", b"b", "end", "lost"], [])


def test_a_fault_of_ours_ends_one_channel_alone(meet):
    async def act(client):
        with client() as first, client() as second:
            first.send(b"fail")
            second.send(b"a")
            await asyncio.sleep(0.05)
            assert first.recv(1) == b""

    said, faults = meet(act)
    assert said[:3] == [b"fail", b"a", "RuntimeError"]
    assert [str(fault) for fault in faults] == ["a fault of ours"]
