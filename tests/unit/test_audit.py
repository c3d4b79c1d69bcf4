"""The audit trail: every line whole, JSON, and without secrets, whatever happens beside it."""

import json
import os
import posix
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement import audit
from placement.errors import PlacementError

texts = st.text() | st.text(st.characters(codec=None, categories=["Cs", "Cc", "So", "Ll"]), max_size=5)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10)


def apart(value):
    """As json gives it back: characters beyond U+FFFF, and pairs of surrogates, are one thing in JSON."""
    return json.loads(json.dumps(value))


@given(values)
def test_a_record_is_one_line_of_ascii_json(value):
    line = audit.encoded(value)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == apart(value)


def test_numbers_that_json_lacks_are_null():
    assert audit.encoded([float("inf"), float("nan"), 1.5, True]) == "[null, null, 1.5, true]"


def test_records_are_appended(tmp_path):
    file = tmp_path / "trail-%user"
    for number in range(3):
        audit.write({"n": number}, str(file), "an/n")
    (written,) = tmp_path.iterdir()
    assert written.name == "trail-an_n"
    assert written.read_text() == '{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    assert written.stat().st_mode & 0o777 == 0o640 & ~_umask()


def _umask():
    old = os.umask(0)
    os.umask(old)
    return old


def test_what_a_full_disk_cut_short_is_ended_first(tmp_path):
    file = tmp_path / "trail"
    file.write_text('{"n": 1}\n{"n": ')
    audit.write({"n": 3}, str(file), "u")
    assert file.read_text().splitlines() == ['{"n": 1}', '{"n": ', '{"n": 3}']


def test_a_trail_that_may_be_written_but_not_read(tmp_path, monkeypatch):
    file = tmp_path / "trail"
    file.write_text('{"n": 1')
    opened = posix.open

    def refuse(path, flags, *rest):
        if flags & posix.O_RDWR:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest)

    monkeypatch.setattr(posix, "open", refuse)  # root may read everything
    audit.write({"n": 2}, str(file), "u")
    audit.write({"n": 3}, str(file), "u")
    assert [line for line in file.read_text().splitlines() if line] == ['{"n": 1', '{"n": 2}', '{"n": 3}']


WRITER = """
import sys
from placement import audit
for number in range(200):
    audit.write({"writer": sys.argv[1], "number": number, "padding": "x" * 3000}, sys.argv[2], "u")
"""


def test_lines_of_many_writers_never_mix(tmp_path):
    file = tmp_path / "trail"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(number), file]) for number in range(6)]
    assert [writer.wait(60) for writer in writers] == [0] * 6
    lines = [json.loads(line) for line in file.read_text().splitlines() if line]
    assert sorted((line["writer"], line["number"]) for line in lines) == sorted(
        (str(writer), number) for writer in range(6) for number in range(200)
    )


def code_of(to):
    with pytest.raises(PlacementError) as caught:
        audit.write({}, str(to), "u")
    return caught.value.problems[0].code


def test_a_trail_that_cannot_be_written(tmp_path):
    assert code_of("/dev/full") == "audit-unwritten"
    assert code_of(tmp_path) == "audit-unwritten"
    assert code_of(tmp_path / "nowhere" / "trail") == "audit-unwritten"
    (tmp_path / "link").symlink_to("other")
    assert code_of(tmp_path / "link") == "audit-unwritten"


def test_a_disk_with_room_for_half_a_line(tmp_path, monkeypatch):
    file = tmp_path / "trail"
    audit.write({"n": 1}, str(file), "u")
    written = posix.write
    monkeypatch.setattr(posix, "write", lambda descriptor, line: written(descriptor, line[: len(line) // 2]))
    assert code_of(file) == "audit-unwritten"
    monkeypatch.undo()
    audit.write({"n": 3}, str(file), "u")
    lines = file.read_text().splitlines()
    assert (lines[0], lines[-1], len(lines)) == ('{"n": 1}', '{"n": 3}', 3)


@pytest.mark.parametrize(
    ("to", "name", "begin"),
    [("syslog", "SYSLOG_SOCKET", b"<86>placement: {"), ("journald", "JOURNALD_SOCKET", b"PRIORITY=6\nSYSLOG")],
)
def test_a_datagram_for_each_record(tmp_path, monkeypatch, to, name, begin):
    monkeypatch.setattr(audit, name, str(tmp_path / "socket"))
    assert code_of(to) == "audit-unwritten"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "socket"))
        receiver.settimeout(5)
        audit.write({"n": "a\nb"}, to, "u")
        told = receiver.recv(10_000)
    assert told.startswith(begin)
    assert b'{"n": "a\\u000ab"}' in told


def test_no_trail():
    audit.write({"n": object()}, "none", "u")


MASKED = [
    (["--password", "s3cret", "x"], ["--password", "***", "x"]),
    (["--password=s3cret"], ["--password=***"]),
    (["-Dfs.s3a.secret.key=s3 cret;x"], ["-Dfs.s3a.secret.key=***"]),
    (["--conf", "spark.hadoop.fs.s3a.access.key=s3cret"], ["--conf", "spark.hadoop.fs.s3a.access.key=***"]),
    (["--conf", "spark.executorEnv.API_TOKEN=s3cret=="], ["--conf", "spark.executorEnv.API_TOKEN=***"]),
    (["jdbc:hive2://h:1/d;user=u;password=s3cret;x=y"], ["jdbc:hive2://h:1/d;user=u;password=***;x=y"]),
    (["https://ann:s3cret@host/path?a=b"], ["https://ann:***@host/path?a=b"]),
    (["--query=a=1&token=s3cret&b=2"], ["--query=a=1&token=***&b=2"]),
    (["job.py", "--date", "2026-01-01", "a=b"], ["job.py", "--date", "2026-01-01", "a=b"]),
    ([], []),
]


@pytest.mark.parametrize(("arguments", "shown"), MASKED)
def test_secrets_are_masked(arguments, shown):
    assert audit.masked(arguments) == shown


@given(
    st.sampled_from(audit.SECRETS), st.text("abc.-_", max_size=5), st.text(min_size=1), st.text("xyz=; ", max_size=9)
)
def test_the_value_of_a_secret_key_is_never_shown(word, prefix, secret, rest):
    (shown,) = audit.masked([f"--{prefix}{word}=§{secret}{rest}"])
    assert "§" not in shown
