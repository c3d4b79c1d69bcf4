"""The agent's log, line by line."""

import io
import json

from placement.agent.log import BURST, Log


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_time_level_event_and_fields():
    stream = io.StringIO()
    Log(stream, lambda: 1.5).warning("client-refused", uid=5, reason="a\nb\udcff", place=None)
    assert lines(stream) == [
        {
            "time": "1970-01-01T00:00:01.500+00:00",
            "level": "warning",
            "event": "client-refused",
            "uid": 5,
            "reason": r"a\nb\udcff",
            "place": None,
        }
    ]


def test_the_journal_is_told_the_priority():
    stream = io.StringIO()
    Log(stream, lambda: 0.0, is_journal=True).error("failed")
    assert stream.getvalue().startswith('<3>{"time"')


def test_one_event_that_repeats_is_counted_and_others_go_on():
    stream, now = io.StringIO(), [1000.0]
    log = Log(stream, lambda: now[0])
    for _ in range(BURST + 30):
        log.info("again")
    log.info("other")
    assert [line["event"] for line in lines(stream)] == ["again"] * BURST + ["other"]
    now[0] += 60
    log.info("again")
    log.info("again")
    assert [line.get("suppressed") for line in lines(stream)[-2:]] == [30, None]


def test_a_clock_that_is_put_back_silences_nothing():
    stream, now = io.StringIO(), [1000.0]
    log = Log(stream, lambda: now[0])
    for _ in range(BURST + 1):
        log.info("again")
    now[0] -= 500
    log.info("again")
    assert len(lines(stream)) == BURST + 1


def test_a_closed_stream_is_no_fault():
    stream = io.StringIO()
    stream.close()
    Log(stream, lambda: 0.0).info("event")
