"""Requests as they are read, and answers as they are written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.admission.demand import Demand
from placement.admission.resources import Resources
from placement.agent import protocol
from placement.agent.protocol import LINE_MOST, Cancel, Queue, Snapshot, Status, Submit, Why
from placement.errors import PlacementError
from tests.unit.agent.stub_agent import SUBMIT

DEMAND = {
    "master": {"memory_mib": 1024, "vcores": 1}, "containers": 2, "container": {"memory_mib": 4096, "vcores": 2},
}  # fmt: skip


def read(**said):
    return protocol.read(json.dumps(SUBMIT | said).encode())


def refused(line):
    with pytest.raises(PlacementError) as raised:
        protocol.read(line)
    return raised.value


def test_a_submission_is_read_whole():
    found = read(demand=DEMAND, command="spark-submit job.py", priority=-5, wait_s=1800)
    assert (found.id, found.user, found.candidates) == ("0123456789abcdef", "alice", ("root.a",))
    assert found.demand == Demand(Resources(1024, 1), 2, Resources(4096, 2))
    assert (found.command, found.priority, found.wait_s) == ("spark-submit job.py", -5, 1800)


def test_what_a_submission_leaves_out_has_defaults():
    found = read()
    assert (found.demand, found.command, found.priority, found.wait_s) == (None, "", 0, None)


def test_each_op_is_read():
    said = [
        ({"op": "queue"}, Queue(all=False)),
        ({"op": "queue", "all": True}, Queue(all=True)),
        ({"op": "cancel", "id": "0123456789abcdef"}, Cancel(id="0123456789abcdef")),
        ({"op": "status", "and": ["later", {"keys": None}]}, Status()),
        ({"op": "why", "application": "application_1_0001"}, Why(application="application_1_0001")),
        ({"op": "snapshot"}, Snapshot()),
    ]
    assert [protocol.read(json.dumps({"v": 1, **each}).encode()) for each, _ in said] == [each for _, each in said]


def test_what_is_shown_to_others_cannot_command_their_terminals():
    found = read(command="a\x1b[2Jb\n" + "c" * 1000)
    assert found.command.startswith(r"a\x1b[2Jb\n")
    assert len(found.command) == protocol.COMMAND_MOST
    for bad in ({"user": "al\x1bice"}, {"candidates": ["root.a", "root.\n"]}, {"user": "a\u202eb"}):
        assert refused(json.dumps(SUBMIT | bad).encode()).problems[0].code == "bad-request"


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "0123456789ABCDEF"}, {"id": "0123456789abcdef\n"}, {"id": None}, {"user": ""}, {"user": 5},
        {"user": "x" * 1025}, {"candidates": []}, {"candidates": "root.a"}, {"candidates": [""]},
        {"candidates": ["root.a"] * 101}, {"priority": 1.5}, {"priority": 2**31}, {"priority": True}, {"wait_s": -1},
        {"wait_s": "30m"}, {"demand": {}}, {"demand": DEMAND | {"containers": -1}},
        {"demand": DEMAND | {"master": {"memory_mib": -1, "vcores": 1}}}, {"demand": DEMAND | {"container": None}},
        {"demand": DEMAND | {"containers": 10**400}}, {"command": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_submission_that_makes_no_sense_is_refused(bad):
    error = refused(json.dumps(SUBMIT | bad).encode())
    assert error.problems[0].code == "bad-request"
    (key,) = bad
    assert f"`$.{key}" in error.problems[0].message or key == "demand"


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"v":1', b'{"v":1,"op":"status"}x', b'{"v":"1","op":"status"}',
        b'{"v":0,"op":"status"}', b'{"v":true,"op":"status"}', b'{"v":1,"op":null}', b'{"v":1,"op":["status"]}',
        b'{"v":1}', b'{"op":"status"}', b'{"v":1,"x":' + b"[" * 60_000, b'{"v":1,"op":' + b"[" * 60_000,
        b'{"v":1,"op":"\xff"}', b'{"v":1,"op":"\\ud800"}', b'{"v":1,"op":"why","application":"a\\u0000"}',
        b'{"v":' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(line):
    answer = protocol.refusal(refused(line))
    assert (answer["error"], set(answer)) == ("bad-request", {"error", "message"})
    assert answer["message"].isprintable()


def test_a_line_may_be_as_long_as_the_limit_and_no_longer():
    line = json.dumps({"v": 1, "op": "status", "more": ""}).encode()
    padding = b" " * (LINE_MOST - len(line))
    assert protocol.read(line + padding) == Status()
    assert "longer" in protocol.refusal(refused(line + padding + b" "))["message"]


def test_a_newer_client_is_told_what_is_spoken_whatever_else_it_says():
    for said in ({"op": "status"}, {"op": {"new": "shape"}}, {}):
        answer = protocol.refusal(refused(json.dumps({"v": 2, **said}).encode()))
        assert (answer["error"], answer["speaks"]) == ("version", 1)


def test_an_unknown_op_is_named():
    answer = protocol.refusal(refused(b'{"v":1,"op":"dance"}'))
    assert answer["error"] == "unknown-op"
    assert "`dance`" in answer["message"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
near = st.dictionaries(
    st.sampled_from(["v", "op", *SUBMIT, "demand", "command", "priority", "wait_s", "all", "application"]),
    json_values
    | st.sampled_from([1, "submit", "queue", "cancel", "why", "0123456789abcdef", ["root.a"], DEMAND]),
)  # fmt: skip


@given(
    st.binary()
    | near.map(lambda said: json.dumps(said).encode())
    | near.map(lambda said: json.dumps(SUBMIT | said).encode())
)
def test_any_bytes_are_a_request_or_refused(line):
    try:
        found = protocol.read(line)
    except PlacementError as error:
        line = protocol.written(protocol.refusal(error))
        assert json.loads(line)["error"] in ("bad-request", "version", "unknown-op")
    else:
        assert isinstance(found, Submit | Queue | Cancel | Status | Why | Snapshot)


@given(st.dictionaries(st.text(st.characters()), json_values, max_size=5))
def test_any_answer_is_one_line_of_utf8(answer):
    line = protocol.written(answer)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)


def test_text_that_is_not_utf8_is_replaced_in_an_answer():
    assert protocol.written({"message": "a\udcffb"}) == b'{"v": 1, "message": "a?b"}\n'
