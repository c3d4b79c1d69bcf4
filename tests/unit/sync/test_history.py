"""The history of applies: entries that survive their writer, the lock, files that are no record."""

import errno
import os
import subprocess
import sys

import pytest

from placement.errors import PlacementError
from placement.sync.history import AFTER, APPLIED, BEFORE, BEGUN, Entry, History
from tests.conftest import ROOT


def entry(**said):
    words = dict.fromkeys(("when", "who", "what", "target", "scheduler", "revision", "before", "after"), "x")
    return Entry(**{"number": 0, **words, "outcome": BEGUN, **said})


def codes(error):
    return [problem.code for problem in error.value.problems]


def test_entries_are_numbered_and_keep_both_contents(tmp_path):
    history = History(str(tmp_path / "deep" / "history"))
    assert history.entries() == []
    first = history.begin(entry(what="apply"), b"old", b"new")
    second = history.begin(entry(what="rollback"), b"new", b"old")
    assert [each.number for each in (first, second)] == [1, 2]
    assert [each.what for each in History(history.folder).entries()] == ["apply", "rollback"]
    assert (history.content(first, BEFORE), history.content(first, AFTER)) == (b"old", b"new")
    history.end(first, APPLIED, "quickly")
    assert [(each.outcome, each.said) for each in history.entries()] == [(APPLIED, "quickly"), (BEGUN, "")]


def test_more_entries_than_digits_stay_in_order(tmp_path):
    history = History(str(tmp_path))
    (tmp_path / "999999").mkdir()
    assert history.begin(entry(), b"", b"").number == 1_000_000
    assert history.begin(entry(), b"", b"").number == 1_000_001
    assert [each.number for each in history.entries()] == [1_000_000, 1_000_001]


def test_a_folder_without_its_record_is_no_entry_and_its_number_is_not_used_again(tmp_path):
    history = History(str(tmp_path))
    (tmp_path / "000001").mkdir()
    (tmp_path / "000001" / BEFORE).write_bytes(b"old")
    assert history.entries() == []
    assert history.begin(entry(), b"", b"").number == 2


@pytest.mark.parametrize("content", [b"", b"[]", b'{"number": 1}', b"\xff", b"[" * 100_000])
def test_a_record_that_is_none_is_named(tmp_path, content):
    history = History(str(tmp_path))
    history.begin(entry(), b"", b"")
    (tmp_path / "000001" / "record.json").write_bytes(content)
    with pytest.raises(PlacementError) as error:
        history.entries()
    assert codes(error) == ["history-unreadable"]
    assert "record.json" in str(error.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PlacementError) as error:
        History(str(tmp_path / "file" / "history")).begin(entry(), b"", b"")
    assert codes(error) == ["history-unwritable"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "make room in"), (errno.EDQUOT, "make room in"), (errno.EACCES, "give this user the right")],
)
def test_what_to_do_where_it_cannot_be_written(tmp_path, monkeypatch, number, remedy):
    def refuse(path, *_, **__):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(PlacementError) as error:
        History(str(tmp_path)).begin(entry(), b"", b"")
    assert codes(error) == ["history-unwritable"]
    assert error.value.problems[0].remedy.startswith(remedy)
    assert str(tmp_path) in error.value.problems[0].remedy


def test_only_one_applies_at_a_time_and_a_killed_one_leaves_no_lock(tmp_path):
    code = f"""
from placement.sync.history import History
with History({str(tmp_path)!r}).locked():
    print("held", flush=True)
    input()
"""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(PlacementError) as error, History(str(tmp_path)).locked():
        pass
    assert codes(error) == ["apply-running"]
    assert f"process {holder.pid}" in str(error.value)
    holder.kill()
    holder.communicate()
    with History(str(tmp_path)).locked():
        pass
