import gzip
import io
import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.observe import log_file
from placement.observe.run import Run
from placement.observe.spark_folder import SparkFolder, parts
from tests.unit.observe.spark_lines import added, end, settings, stage_peak, start, task_end, whole

RUN = Run("application_1_0001", "ann", "root.a", "spark")


@given(st.lists(st.integers(0, 30), max_size=20), st.integers(2, 20), st.booleans())
def test_lines_are_bounded(sizes, longest, is_ended):
    """A line with its end has at most `longest` bytes, else it is None; one for one."""
    whole_lines = [b"x" * size + b"\n" for size in sizes]
    text = b"".join(whole_lines)
    if not is_ended:
        text = text[:-1]
    found = list(log_file.bounded(io.BytesIO(text), longest))
    expected = [each if len(each) <= longest else None for each in text.splitlines(keepends=True)]
    # A last line of just that length without an end could go on: it is as good as too long.
    if expected and expected[-1] is not None and not is_ended and len(expected[-1]) == longest:
        expected[-1] = None
    assert found == expected


def test_what_is_too_much_is_left():
    assert len(list(log_file.bounded(io.BytesIO(b"1234567\n" * 100), largest=80))) == 10


def folder(path):
    return SparkFolder(str(path), is_of_owner=False)


def written(path, lines):
    path.write_bytes(b"".join(lines))


def peak(path):
    found = folder(path).account(RUN)
    return found.parts[0].peak_bytes, found.is_complete, found.missing


def test_a_plain_log_is_found_by_its_application(tmp_path):
    written(tmp_path / "application_1_0001", whole(stage_peak("1", rss=5)))
    written(tmp_path / "application_1_00011", whole(stage_peak("1", rss=9)))
    assert peak(tmp_path) == (5, True, "")


def test_the_logs_of_all_attempts_in_their_order(tmp_path):
    written(tmp_path / "application_1_0001_10", whole(stage_peak("1", rss=5)))
    written(tmp_path / "application_1_0001_9.inprogress", [start(), settings(), added("1"), stage_peak("1", rss=7)])
    assert peak(tmp_path) == (7, True, "")


def test_a_rolled_log_is_read_from_its_last_compaction_on(tmp_path):
    names = ["events_2_app", "events_10_app", "events_1_app", "events_3_app.compact", "events_3_app", "appstatus_app"]
    assert parts(names) == ["events_3_app.compact", "events_10_app"]
    rolled = tmp_path / "eventlog_v2_application_1_0001"
    rolled.mkdir()
    written(rolled / "events_1_application_1_0001", [start(), settings(), added("1"), stage_peak("1", rss=5)])
    written(rolled / "events_2_application_1_0001", [stage_peak("1", rss=6), end()])
    (rolled / "appstatus_application_1_0001").touch()
    assert peak(tmp_path) == (6, True, "")


def test_gzip_is_read_whole_or_as_far_as_it_goes(tmp_path):
    log = tmp_path / "application_1_0001.gz"
    log.write_bytes(gzip.compress(b"".join(whole(stage_peak("1", rss=5)))))
    assert peak(tmp_path) == (5, True, "")
    tail = [task_end(str(each), read=each) for each in range(20000)]
    content = gzip.compress(b"".join(whole(stage_peak("1", rss=5), *tail)))
    log.write_bytes(content[: len(content) // 2])
    found, is_complete, missing = peak(tmp_path)
    assert (found, is_complete) == (5, False)
    assert "ends before" in missing


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the program zstd is not installed")
def test_zstd_is_read_by_its_program(tmp_path):
    plain = tmp_path / "application_1_0001"
    written(plain, whole(stage_peak("1", rss=5)))
    subprocess.run(["zstd", "-q", "--rm", plain, "-o", f"{plain}.zstd"], check=True)
    assert peak(tmp_path) == (5, True, "")
    log = tmp_path / "application_1_0001.zstd"
    log.write_bytes(log.read_bytes()[:-20])
    assert not peak(tmp_path)[1]


def test_without_its_program_zstd_is_named(tmp_path, monkeypatch):
    (tmp_path / "application_1_0001.zstd").write_bytes(b"x")
    monkeypatch.setenv("PATH", "")
    assert "zstd" in peak(tmp_path)[2]


@pytest.mark.parametrize("name", ["lz4", "snappy", "lzf"])
def test_a_codec_of_java_alone_is_named(tmp_path, name):
    (tmp_path / f"application_1_0001.{name}").write_bytes(b"x")
    _, is_complete, missing = peak(tmp_path)
    assert not is_complete
    assert name in missing
    assert "history server" in missing


def test_no_log_is_said(tmp_path):
    assert peak_of_none(tmp_path) == "there is no event log of it"


def peak_of_none(path):
    found = folder(path).account(RUN)
    return found.missing


def test_no_folder_is_an_error(tmp_path):
    for path in (tmp_path / "none", "a\0b"):
        with pytest.raises(PlacementError) as raised:
            folder(path)
        assert raised.value.problems[0].code == "no-event-logs"


def test_neither_a_pipe_nor_a_link_is_followed(tmp_path):
    os.mkfifo(tmp_path / "application_1_0001")
    assert "no regular file" in peak(tmp_path)[2]
    (tmp_path / "application_1_0001").unlink()
    written(tmp_path / "other", whole(stage_peak("1", rss=5)))
    (tmp_path / "application_1_0001").symlink_to(tmp_path / "other")
    assert peak(tmp_path)[0] is None
    assert not peak(tmp_path)[1]


def test_a_log_of_another_account_tells_nothing(tmp_path):
    written(tmp_path / "application_1_0001", whole(stage_peak("1", rss=5)))
    found = SparkFolder(str(tmp_path)).account(RUN)
    assert found.parts[0].peak_bytes is None
    assert "belongs to" in found.missing
