"""Writing a file whole or not at all: whatever fails, and whenever it is killed."""

import os
import resource
import signal

import pytest

from placement.errors import PlacementError
from placement.whole_file import write
from tests.unit import killed
from tests.unit.killed import at_each_call_of_a_write


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fair-scheduler.xml"
    path.write_bytes(b"old")
    return path


def problem_of(path, content=b"new"):
    with pytest.raises(PlacementError) as caught:
        write(str(path), content)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.file) == ("unwritable", str(path))
    return problem


def test_a_file_keeps_its_mode_and_a_new_one_gets_one_whatever_the_umask(file, tmp_path):
    file.chmod(0o640)
    before = os.umask(0o077)
    try:
        write(str(file), b"new")
        write(str(tmp_path / "other"), b"new", 0o664)
    finally:
        os.umask(before)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o664


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_a_file_keeps_its_owner(file):
    os.chown(file, 12345, 23456)
    write(str(file), b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_a_link_stays_and_what_it_leads_to_is_replaced(file, tmp_path):
    (tmp_path / "conf").mkdir()
    link = tmp_path / "conf" / "link.xml"
    link.symlink_to("../fair-scheduler.xml")
    write(str(link), b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path / "conf") == ["link.xml"]


def test_a_link_to_nothing_and_what_is_no_file_are_refused(tmp_path):
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("dangling", "folder", "pipe", "loop"):
        problem_of(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["dangling", "folder", "loop", "pipe"]


def test_a_folder_that_is_not_there_and_a_path_that_is_none(tmp_path):
    assert "No such file" in problem_of(tmp_path / "nowhere" / "a").message
    assert "null byte" in problem_of(tmp_path / "a\0b").message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_one_may_not_write(file, tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "as root" in problem_of(file).remedy
    finally:
        tmp_path.chmod(0o700)
    assert file.read_bytes() == b"old"


def test_a_full_disk_leaves_the_old_file_and_no_litter(file, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        problem = problem_of(file, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert problem.remedy == f"make room in {tmp_path}; the file is as it was"
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [file.name]


@at_each_call_of_a_write
def test_whatever_moment_it_is_killed_at_the_old_or_the_new_file_is_there(file, function, call, moment, is_new):
    killed.run("from placement.whole_file import write; write(path, b'new')", file, function, call, moment)
    assert file.read_bytes() == (b"new" if is_new else b"old")
    write(str(file), b"newer")
    assert file.read_bytes() == b"newer"
