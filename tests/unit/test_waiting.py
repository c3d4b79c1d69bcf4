"""Waiting for a turn, from the outside: real wrappers, and an agent that says what a test wants."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from fcntl import ioctl
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement import waiting, waiting_line
from placement.agent_socket import Conversation, loaded
from placement.errors import PlacementError
from tests.conftest import ROOT
from tests.unit.scripted_agent import LIMIT, RUN, WAIT, Gateway, StubAgent

PLACED = "<--queue>\n<root.{}>\n<--conf>\n<spark.yarn.tags=placement:{}>\n<dir/job.py>\n"


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def soon(found):
    """What `found` gives, as soon as it gives something; what it gives after ten seconds otherwise."""
    until = time.monotonic() + 10
    while not found() and time.monotonic() < until:
        time.sleep(0.05)
    return found()


@pytest.fixture
def agent(gateway):
    """`agent(behave)`: an agent that answers each connection by `behave(talk)`, or says the answers given."""
    agents = []

    def start(*behaviour):
        behave = behaviour[0] if callable(behaviour[0]) else lambda talk: talk.say(*behaviour)
        agents.append(StubAgent(gateway.socket, behave))
        return agents[-1]

    yield start
    for each in agents:
        each.close()


# --- what comes of it -------------------------------------------------------------------------------------------------


def test_who_has_a_turn_at_once_runs_without_another_word(gateway, agent):
    stub = agent(RUN)
    status, out, err = gateway.run("--num-executors", "4")
    (request,) = stub.requests
    assert (status, err) == (3, f"placement: `root.a` by {gateway.policy}/map.txt:1 (`alice: root.a`)\n")
    assert out == "<--num-executors>\n<4>\n" + PLACED.format("a", request["id"])
    assert request == {
        "v": 1,
        "op": "submit",
        "id": gateway.trail()[0]["id"],
        "user": "alice",
        "candidates": ["root.a", "root.b"],
        "demand": {
            "master": {"memory_mib": 896, "vcores": 1},
            "containers": 4,
            "container": {"memory_mib": 1408, "vcores": 1},
        },
        "command": "spark-submit job.py",
        "priority": 0,
        "wait_s": 1800.0,
    }
    assert gateway.trail()[0]["admission"]["outcomes"] == ["run"]


def test_who_waits_is_told_so_and_then_runs(gateway, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(1.2)
        talk.say(RUN)

    agent(behave)
    status, out, err = gateway.run()
    waits, runs = err.splitlines()
    assert status == 3
    assert out.count("<") == 5
    assert waits == (
        "placement: waiting: 0s waited, 3 of 12 for root.a, starts in 60s to 10m (9 of 10 such promises kept): "
        "the application master needs 896m, and `root.a` has 512m left "
        "(behind 0123456789abcdef bob spark-submit big.py)"
    )
    assert re.fullmatch(r"placement: `root.a` by .*, after \ds of waiting", runs)
    (record,) = gateway.trail()
    assert (record["outcome"], record["queue"]) == ("run", "root.a")
    assert 1 < record["admission"].pop("waited_s") < 30
    assert record["admission"] == {
        "outcomes": ["wait", "run"],
        "limit": "am-share",
        "at": "root.a",
        "needed": 896,
        "have": 512,
        "unit": "MiB",
        "age_s": 1.5,
    }


def test_plain_lines_come_when_the_reason_changes_and_now_and_then(gateway, agent):
    def behave(talk):
        talk.say(WAIT, {**WAIT, "place": 2}, {**WAIT, "limit": {**LIMIT, "code": "cluster"}})
        time.sleep(2.5)
        talk.say(RUN)

    agent(behave)
    assert gateway.run()[2].count("waiting: ") == 2
    assert gateway.run(changed="line.EVERY_S = 1")[2].count("waiting: ") >= 3


def test_the_turn_may_come_in_another_candidate(gateway, agent):
    agent({**RUN, "queue": "root.b"})
    _, out, err = gateway.run()
    assert "<root.b>" in out
    assert f"`root.b` by {gateway.policy}/map.txt:2" in err
    (record,) = gateway.trail()
    assert (record["queue"], record["rule"]["line"]) == ("root.b", 2)


def test_with_a_request_there_is_one_candidate(gateway, agent):
    stub = agent(RUN)
    gateway.run("--queue", "root.b")
    assert stub.requests[0]["candidates"] == ["root.b"]


REJECT = {
    "v": 1,
    "outcome": "reject",
    "reason": "queue-maximum",
    "message": "this needs 9g, and `root.a` may have 4g at most",
    "limit": {**LIMIT, "code": "queue-maximum"},
    "way_out": [
        {"change": "--num-executors 4", "queue": "root.a", "outcome": "run"},
        {"change": "", "queue": "root.b", "outcome": "wait"},
    ],
}


def test_a_refusal_says_what_would_help(gateway, agent):
    agent(REJECT)
    status, out, err = gateway.run()
    assert (status, out) == (77, "")
    assert err.splitlines() == [
        "placement: reject[queue-maximum]: this needs 9g, and `root.a` may have 4g at most",
        "placement: would run now with --num-executors 4 in `root.a`",
        "placement: would only have to wait in `root.b`",
    ]
    (record,) = gateway.trail()
    assert (record["outcome"], record["queue"], record["reason"]) == ("reject", None, "queue-maximum")
    assert (record["admission"]["limit"], record["way_out"]) == ("queue-maximum", REJECT["way_out"])


WAYS = {  # kind: (value, what a wrapper of Spark says)
    "fewer-containers": (4, " with --num-executors 4"),
    "smaller-containers": ({"memory_mib": 2048, "vcores": 1}, " with containers of at most 2g, 1 vcore each"),
    "smaller-master": ({"memory_mib": 896, "vcores": 2}, " with an application master of at most 896m, 2 vcores"),
    "other-queue": ("root.a", ""),
    "of-another-version": (4, " with the agent's words"),
}


@pytest.mark.parametrize("kind", WAYS)
def test_what_would_help_is_said_as_it_is_to_be_typed(gateway, agent, kind):
    value, words = WAYS[kind]
    way = {"change": "the agent's words", "kind": kind, "value": value, "queue": "root.a", "outcome": "run"}
    agent({**REJECT, "way_out": [way]})
    assert gateway.run()[2].splitlines()[1:] == [f"placement: would run now{words} in `root.a`"]


def test_a_submission_that_was_cancelled_may_be_tried_again(gateway, agent):
    agent(WAIT, {"v": 1, "outcome": "reject", "reason": "cancelled", "message": "ann has cancelled it"})
    status, out, err = gateway.run()
    assert (status, out) == (75, "")
    assert "reject[cancelled]: ann has cancelled it" in err


def test_who_does_not_wait_is_told_why(gateway, agent):
    stub = agent(lambda talk: (talk.say(WAIT), talk.is_gone()))
    status, out, err = gateway.run(PLACEMENT_WAIT="0")
    assert (status, out, stub.requests[0]["wait_s"]) == (75, "", 0.0)
    assert err == (
        "placement: reject[no-room-now]: `root.a` has no room now: the application master needs 896m, and `root.a` "
        "has 512m left; let it wait, as by PLACEMENT_WAIT=30m\n"
    )


def test_the_place_is_given_up_when_the_time_is_over(gateway, agent):
    gone = []
    agent(lambda talk: (talk.say(WAIT), gone.append(talk.is_gone())))
    gateway.site("wait: 2s")
    status, out, err = gateway.run(PLACEMENT_WAIT="1h")
    assert (status, out) == (75, "")
    assert "reject[waited-too-long]: no turn for `root.a` within 2s: the application master" in err
    assert gateway.trail()[0]["admission"]["outcomes"] == ["wait", "reject"]
    assert soon(lambda: gone) == [True]


@pytest.mark.parametrize(
    ("said", "most_s", "wait_s"),
    [
        (None, 60.0, 60.0),
        ("", 60.0, 60.0),
        ("30s", 60.0, 30.0),
        ("2h", 60.0, 60.0),
        ("2h", None, 7200.0),
        ("0", None, 0.0),
        ("forever", 60.0, 60.0),
        ("forever", None, None),
        ("1.5m", 100.0, 90.0),
    ],
)
def test_how_long_to_wait(said, most_s, wait_s):
    assert waiting.longest_wait(said, most_s) == wait_s


@pytest.mark.parametrize(("said", "number"), [(None, 0), ("-5", -5), ("+7", 7), (" 3 ", 3), ("9" * 400, 2**31 - 1)])
def test_the_priority_that_was_asked_for(said, number):
    assert waiting.own_priority(said) == number


@pytest.mark.parametrize("environ", [{"PLACEMENT_WAIT": "30"}, {"PLACEMENT_WAIT": "x"}, {"PLACEMENT_PRIORITY": "high"}])
def test_an_environment_that_cannot_be_understood(gateway, agent, environ):
    agent(RUN)
    status, out, err = gateway.run(**environ)
    assert (status, out, err.count("\n")) == (78, "", 1)
    assert "error[bad-wait]" in err or "error[bad-priority]" in err


@pytest.mark.parametrize("said", ["1-", "--1", "-", "1.5", "high", "9" * 5000])
def test_a_priority_that_is_none(said):
    with pytest.raises(PlacementError):
        waiting.own_priority(said)


def test_without_admission_nothing_of_it_is_imported(gateway):
    (gateway.policy / "site.yaml").write_text("admission: off\n")
    code = (
        "import sys; import placement.shim as shim; "
        "shim.become = lambda *_: print(*sys.modules, flush=True) or 0; shim.main()"
    )
    for _ in range(2):  # of the files, of the index
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, f"{ROOT}/wrappers/spark-submit", "job.py"],
            env=gateway.environ(), capture_output=True, timeout=60, check=True,
        )  # fmt: skip
    loaded_modules = set(done.stdout.decode().split())
    assert not loaded_modules & {"placement.waiting", "placement.agent_socket", "_socket", "_json", "json", "socket"}


def test_with_admission_little_is_imported(gateway, agent):
    agent(RUN)
    code = (
        f"import sys; sys.path.append('{ROOT}'); import placement.shim as shim; "
        "shim.become = lambda *_: print(*sys.modules, flush=True) or 0; shim.main()"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code, f"{ROOT}/wrappers/spark-submit", "job.py"],
            env=gateway.environ(), capture_output=True, timeout=60, check=True,
        )  # fmt: skip
    loaded_modules = set(done.stdout.decode().split())
    assert "placement.waiting" in loaded_modules
    assert not loaded_modules & {"json", "socket", "selectors", "signal", "enum", "random", "yaml", "typing"}


# --- an agent that fails ----------------------------------------------------------------------------------------------


FAULTS = {
    "it cannot tell": ([{"v": 1, "outcome": "unknown", "reason": "stale", "message": "too old"}], "agent-unsure"),
    "an error": ([{"v": 1, "error": "bad-request", "message": "no id"}], "agent-refuses"),
    "no outcome": ([{"v": 1}], "agent-answer"),
    "an outcome from the future": ([{"v": 1, "outcome": "perhaps"}], "agent-answer"),
    "another queue": ([{**RUN, "queue": "root.of.others"}], "agent-answer"),
    "no queue": ([{**RUN, "queue": None}], "agent-answer"),
    "no JSON": ([b"run\n"], "agent-answer"),
    "no object": ([b"[1]\n"], "agent-answer"),
    "no text": ([b'{"v": "\xff"}\n'], "agent-answer"),
    "deep": ([b"[" * 60_000 + b"\n"], "agent-answer"),
    "a long line": ([b'"' + b"x" * 70_000 + b'"\n'], "agent-answer"),
    "a line without an end": ([b"x" * 70_000], "agent-answer"),
    "nonsense while it waits": ([WAIT, b"\n"], "agent-answer"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_the_agent_follows_on_error(gateway, agent, case):
    said, code = FAULTS[case]

    def behave(talk):
        for each in said:
            talk.raw(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n")
        talk.is_gone()

    agent(behave)
    status, out, err = gateway.run()
    assert (status, out) == (69, "")
    assert f"error[{code}]" in err.splitlines()[-1]
    assert (gateway.trail()[-1]["outcome"], gateway.trail()[-1]["reason"]) == ("error", code)
    if case in ("it cannot tell", "nonsense while it waits"):
        gateway.site(more="on-error: open\n")
        status, out, err = gateway.run()
        assert (status, "<root.a>" in out) == (3, True)
        assert "on-error is open: it runs in `root.a` without waiting for room" in err
        assert gateway.trail()[-1]["admission"] == {"outcomes": ["unknown"], "reason": code}


def test_no_agent(gateway):
    status, out, err = gateway.run()
    assert (status, out, err.count("\n")) == (69, "", 1)
    assert f"{gateway.socket}: error[agent-away]: the agent cannot be reached: No such file" in err


def test_a_socket_on_which_nobody_listens(gateway, agent):
    stub = agent(RUN)
    stub.refuse()
    assert "error[agent-away]: the agent cannot be reached: Connection refused" in gateway.run()[2]


@pytest.mark.parametrize("first", [[], [WAIT]])
def test_an_agent_that_hangs(gateway, agent, first):
    agent(lambda talk: (talk.say(*first), talk.is_gone()))
    status, out, err = gateway.run(changed="waiting.FIRST_ANSWER_S = waiting.SILENCE_S = 1.5")
    assert (status, out) == (69, "")
    assert "error[agent-silent]: the agent has not said anything for 2 s" in err


def test_an_agent_that_restarts_keeps_the_place(gateway, agent):
    stubs = []

    def first(talk):
        talk.say(WAIT)
        threading.Thread(target=lambda: (stubs[0].close(), time.sleep(1), stubs.append(agent(WAIT, RUN)))).start()

    stubs.append(agent(first))
    status, out, err = gateway.run()
    assert (status, "<root.a>" in out) == (3, True)
    assert "the agent has gone away, it is looked for" in err
    (before,), (after,) = (stub.requests for stub in stubs)
    assert before == after
    assert len(gateway.trail()) == 1


def test_an_agent_that_does_not_come_back(gateway, agent):
    stubs = []
    stubs.append(agent(lambda talk: (talk.say(WAIT), time.sleep(0.3), stubs[0].close())))
    status, out, err = gateway.run(changed="waiting.SILENCE_S = 2.0")
    assert (status, out) == (69, "")
    assert "error[agent-away]" in err


def test_who_is_refused_before_it_has_spoken_hears_why(tmp_path, monkeypatch):
    """As an agent does that has too many clients of one account: it speaks first, and closes."""
    path, said = str(tmp_path / "agent.sock"), {"v": 1, "error": "too-many"}
    there = socket.socket(socket.AF_UNIX)
    there.bind(path)
    there.listen()

    def connect(conversation):
        connected(conversation)
        with there.accept()[0] as one:
            one.sendall(json.dumps(said).encode() + b"\n")

    connected = Conversation._connect
    monkeypatch.setattr(Conversation, "_connect", connect)
    conversation = Conversation(path, os.geteuid(), {"op": "submit"})
    assert conversation.answer(5) == said
    conversation.close()
    there.close()


def test_a_socket_that_others_could_have_put_there(gateway, agent):
    stub = agent(RUN)
    gateway.folder.chmod(0o777)
    status, out, err = gateway.run()
    assert (status, out, stub.requests) == (69, "", [])
    assert f"{gateway.folder}: error[agent-untrusted]: others may put a socket in the place of" in err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a file of another account")
@pytest.mark.parametrize("what", ["socket", "folder"])
def test_a_socket_of_somebody_else(gateway, agent, what):
    folder = gateway.folder / "run"
    folder.mkdir()
    gateway.socket = folder / "agent.sock"
    gateway.site()
    stub = agent(RUN)
    assert gateway.run()[0] == 3
    os.chown(gateway.socket if what == "socket" else folder, 65534, 65534)
    status, out, err = gateway.run()
    assert (status, out, len(stub.requests)) == (69, "", 1)
    assert "error[agent-untrusted]" in err


def test_what_is_no_socket(gateway):
    gateway.socket.write_text("")
    assert "error[agent-untrusted]: this is no socket" in gateway.run()[2]


# --- signals, and a terminal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_ended_gives_the_place_up_at_once(gateway, agent, number):
    waits, gone = threading.Event(), []
    agent(lambda talk: (talk.say(WAIT), waits.set(), gone.append(talk.is_gone())))
    process = subprocess.Popen(
        gateway.command(), env=gateway.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=gateway.folder
    )
    assert process.stderr
    assert b"waiting: " in process.stderr.readline()
    process.send_signal(number)
    assert process.wait(20) == -number
    assert process.communicate()[0] == b""
    assert soon(lambda: gone) == [True]


def test_who_ignores_the_end_of_the_terminal_waits_on(gateway, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(1)
        talk.say(RUN)

    agent(behave)
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *gateway.command()],
        env=gateway.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=30)[0].startswith(b"<--queue>")


def test_nobody_hears_any_more(gateway, agent):
    gone = []
    agent(
        lambda talk: (
            talk.say(WAIT),
            time.sleep(0.5),
            talk.say({**WAIT, "queue": "root.b"}),
            gone.append(talk.is_gone()),
        )
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(gateway.command(), env=gateway.environ(), stdout=subprocess.PIPE, stderr=writer)
    os.close(writer)
    assert b"waiting: " in os.read(reader, 1000)
    os.close(reader)
    assert process.wait(20) == -signal.SIGPIPE
    assert process.communicate()[0] == b""


def test_a_standard_error_that_was_closed_is_no_trouble(gateway, agent):
    agent(WAIT, RUN)
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *gateway.command()],
        env=gateway.environ(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, b"<root.a>" in done.stdout) == (3, True)


def _at_a_terminal():
    """Its own, where keys end a process: of tests that run in the background INT and QUIT are ignored."""
    ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A wrapper in the foreground of a terminal of its own, as wide as `columns`."""

    def __init__(self, gateway, columns=80, how=()):
        self._ours, there = pty.openpty()
        ioctl(there, termios.TIOCSWINSZ, pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [*how, *gateway.command()], env=gateway.environ(), stdin=there, stdout=subprocess.PIPE, stderr=there,
            start_new_session=True, preexec_fn=_at_a_terminal,  # noqa: PLW1509
        )  # fmt: skip
        os.close(there)
        self.said = b""

    def until(self, words):
        while words not in self.said:
            self.said += os.read(self._ours, 4096)

    def rest(self):
        try:
            while more := os.read(self._ours, 4096):
                self.said += more
        except OSError:
            pass  # nobody has the other end any more
        return self.said.decode()

    def type(self, keys):
        os.write(self._ours, keys)

    def close(self):
        os.close(self._ours)


def screen(said: str) -> list[str]:
    """What is on the screen in the end."""
    lines = []
    for line in said.replace("\r\n", "\n").split("\n"):
        cells: list[str] = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def test_on_a_terminal_one_line_is_drawn_anew_and_nothing_of_it_stays(gateway, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(2.5)
        talk.say({**WAIT, "place": 1, "expected": None, "message": "short", "ahead": []})
        time.sleep(0.5)
        talk.say(RUN)

    agent(behave)
    terminal = Terminal(gateway, columns=100)
    said = terminal.rest()
    assert terminal.process.wait(20) == 3
    drawn = [each.rstrip() for each in said.split("\r") if each.startswith("placement: ")]
    assert drawn[0].startswith("placement: 0s waited, 3 of 12 for root.a, starts in 60s to 10m (9 of 10 such promises")
    assert any(each.startswith("placement: 2s waited, 3 of 12 for root.a, starts in 5") for each in drawn)
    assert any(each.endswith("1 of 12 for root.a: short") for each in drawn)
    assert all(len(each) < 100 for each in said.split("\r")[:-2])
    assert [line.partition(" by ")[0] for line in screen(said) if line] == ["placement: `root.a`"]


@pytest.mark.parametrize(
    ("keys", "number"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT), (b"", signal.SIGTERM)]
)
def test_a_key_that_ends_it_leaves_a_clean_terminal(gateway, agent, keys, number):
    gone = []
    agent(lambda talk: (talk.say(WAIT), gone.append(talk.is_gone())))
    terminal = Terminal(gateway)
    terminal.until(b"3 of 12")
    if keys:
        terminal.type(keys)
    else:
        terminal.process.send_signal(number)
    said = terminal.rest()
    assert terminal.process.wait(20) == -number
    assert [line for line in screen(said) if line] == ["placement: the place is given up, nothing was submitted"]
    assert terminal.process.communicate()[0] == b""


def test_a_terminal_that_is_closed(gateway, agent):
    agent(lambda talk: (talk.say(WAIT), talk.is_gone()))
    terminal = Terminal(gateway)
    terminal.until(b"3 of 12")
    terminal.close()
    assert terminal.process.wait(20) == -signal.SIGHUP
    assert terminal.process.communicate()[0] == b""


def test_in_the_background_of_a_terminal_lines_are_plain(gateway, agent):
    def behave(talk):
        talk.say(WAIT)
        time.sleep(2)
        talk.say(RUN)

    agent(behave)
    terminal = Terminal(gateway, columns=400, how=("sh", "-mc", '"$@" & wait $!', "sh"))
    assert terminal.rest().count("placement: waiting: ") == 1
    terminal.process.wait(20)


@pytest.mark.parametrize("ignored", ["", "INT", "INT HUP TERM"])
def test_after_the_wait_signals_are_as_they_were(gateway, agent, ignored):
    gateway.real("#!/bin/sh\nexec cat /proc/self/status\n")
    how = ("sh", "-c", f'trap "" {ignored}; exec "$@"' if ignored else 'exec "$@"', "sh")

    def dispositions(command):
        done = subprocess.run([*how, *command], env=gateway.environ(), capture_output=True, timeout=60, check=True)
        return lines(done.stdout)

    def lines(said):
        return [line for line in said.splitlines() if line.startswith((b"SigBlk", b"SigIgn", b"SigCgt"))]

    plain = dispositions([str(gateway.bin / "spark-submit")])
    assert len(plain) == 3

    def behave(talk):
        talk.say(WAIT)
        time.sleep(0.3)
        talk.say(RUN)

    agent(behave)
    terminal = Terminal(gateway, how=how)
    terminal.rest()
    assert lines(terminal.process.communicate(timeout=30)[0]) == plain


# --- words ------------------------------------------------------------------------------------------------------------

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(PLAIN, lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=3), some))
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(WAIT, VALUES))
SPANS = st.fixed_dictionaries({}, optional=dict.fromkeys(WAIT["expected"], VALUES))


@given(PARTS | st.builds(lambda parts, span: {**parts, "expected": span}, PARTS, SPANS), st.integers(1, 200))
def test_whatever_the_agent_says_is_one_line_that_fits(answer, columns):
    line = waiting_line.WaitingLine()
    line._answer = answer
    for is_short in (True, False):
        words = line._words(time.monotonic(), is_short)
        assert words.isprintable()
        shown, width = waiting_line.cut(words, columns)
        assert words.startswith(shown)
        assert width <= columns


@given(st.text() | VALUES.map(json.dumps) | st.text('{}[]",:0123e-. nul\\', max_size=12))
def test_a_line_is_read_as_json_reads_it(text):
    try:
        expected = json.loads(text.strip(), parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(ValueError):  # noqa: PT011 # whatever it says
            loaded(text)
    else:
        assert loaded(text) == expected


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (119.9, "119s"), (120, "2m"), (7199, "119m"), (7260, "2h 1m")]
)
def test_a_time_in_words(seconds, words):
    assert waiting_line.span(seconds) == words


def test_wide_characters_take_two_columns():
    assert waiting_line.cut("a日本語", 5) == ("a日本", 5)
    assert waiting_line.cut("a日本語", 4) == ("a日", 3)
