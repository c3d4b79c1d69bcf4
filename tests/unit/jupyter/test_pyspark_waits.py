"""A wrapper that PySpark started waits for its turn as long as somebody wants it."""

import signal
import subprocess
import threading
import time

import pytest

from tests.unit.scripted_agent import RUN, WAIT, Gateway, StubAgent

PYSPARK = {"_PYSPARK_DRIVER_CONN_INFO_PATH": "/none"}


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def starts(gateway, **environ):
    """As PySpark starts it: an interrupt is ignored, and standard input is a pipe that nobody writes to."""
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *gateway.command()]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=gateway.environ(**environ), cwd=gateway.folder, stdin=pipe, stdout=pipe, stderr=pipe
    )


@pytest.mark.parametrize("how", ["interrupted", "left"])
def test_the_place_is_given_up(gateway, how):
    waits, gone = threading.Event(), []
    with StubAgent(gateway.socket, lambda talk: (talk.say(WAIT), waits.set(), gone.append(talk.is_gone()))):
        process = starts(gateway, **PYSPARK)
        assert waits.wait(20)
        process.stderr.readline()
        if how == "interrupted":
            process.send_signal(signal.SIGINT)
        else:
            process.stdin.close()
        status = process.wait(20)
        assert status == (-signal.SIGINT if how == "interrupted" else 75)
        assert not process.stdout.read()
        until_s = time.monotonic() + 10
        while not gone and time.monotonic() < until_s:
            time.sleep(0.02)
    assert gone == [True]


def test_what_runs_then_ignores_an_interrupt_as_before(gateway):
    gateway.real("#!/bin/sh\ngrep SigIgn /proc/self/status\n")
    with StubAgent(gateway.socket, lambda talk: talk.say(WAIT, RUN)):
        process = starts(gateway, **PYSPARK)
        out = process.stdout.read()
        process.communicate(timeout=20)
    assert int(out.split()[1], 16) & 1 << signal.SIGINT - 1


def test_another_command_goes_on_waiting_without_anybody_at_its_standard_input(gateway):
    go = threading.Event()
    with StubAgent(gateway.socket, lambda talk: (talk.say(WAIT), go.wait(20), talk.say(RUN))):
        process = starts(gateway)
        process.stderr.readline()
        process.stdin.close()
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        go.set()
        assert process.stdout.read().startswith(b"<--queue>")
        process.wait(20)
