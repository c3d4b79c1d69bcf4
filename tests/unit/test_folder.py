import os
import posix
import subprocess
import sys
import time

import pytest

from placement.errors import PlacementError
from placement.folder import INDEX, Folder, find
from placement.policy import Site
from placement.policy_files import PolicyFiles
from placement.rules.index import Index
from tests.unit import killed
from tests.unit.killed import at_each_call_of_a_write

GOOD = "alice: root.a\n"


def problem_of(folder, part="policy"):
    with pytest.raises(PlacementError) as caught:
        getattr(Folder(str(folder)) if part == "policy" else PolicyFiles(str(folder)), part)()
    (problem,) = caught.value.problems
    assert problem.remedy
    assert problem.place
    return problem


def test_where_the_policy_is():
    assert find({}) == "/etc/placement"
    assert find({"PLACEMENT_POLICY": "/there"}) == "/there"
    assert find({"PLACEMENT_POLICY": ""}) == "/etc/placement"


def test_a_map_alone_is_a_policy(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    policy = Folder(str(tmp_path)).policy()
    assert (policy.site.scheduler, policy.site.groups, policy.site.on_error) == ("fair", "process", "closed")
    assert policy.rules.file == f"{tmp_path}/map.txt"


@pytest.mark.parametrize("missing", [".", "nowhere"])
def test_no_map(tmp_path, missing):
    problem = problem_of(tmp_path / missing)
    assert (problem.code, problem.place.file) == ("no-map", str(tmp_path / missing / "map.txt"))


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert problem_of(tmp_path / "file").code == "no-map"


def test_a_folder_in_the_place_of_the_map(tmp_path):
    (tmp_path / "map.txt").mkdir()
    assert problem_of(tmp_path).code == "unreadable"


def test_a_fifo_in_the_place_of_the_map_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "map.txt")
    assert problem_of(tmp_path).code == "unreadable"


def test_an_unreadable_map(tmp_path, monkeypatch):
    (tmp_path / "map.txt").write_text(GOOD)
    opened = posix.open

    def refuse(path, *rest):
        if str(path).endswith("map.txt"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *rest)

    monkeypatch.setattr(posix, "open", refuse)  # root may read everything
    problem = problem_of(tmp_path)
    assert (problem.code, "Permission denied" in problem.message) == ("unreadable", True)


def test_a_file_that_everybody_may_write_is_not_trusted(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    (tmp_path / "map.txt").chmod(0o666)
    assert problem_of(tmp_path).code == "writable-by-all"


def test_a_folder_in_which_everybody_may_replace_the_map_is_not_trusted(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    tmp_path.chmod(0o777)
    problem = problem_of(tmp_path)
    assert (problem.code, problem.place.file) == ("writable-by-all", str(tmp_path))
    tmp_path.chmod(0o1777)
    assert Folder(str(tmp_path)).policy()


def test_a_file_too_large_to_be_a_policy(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    os.truncate(tmp_path / "map.txt", 2**40)
    assert problem_of(tmp_path).code == "unreadable"


def test_static_groups(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    (tmp_path / "site.yaml").write_text("groups: {static: groups.yaml}\n")
    assert problem_of(tmp_path).code == "no-groups"
    (tmp_path / "groups.yaml").write_text("alice: [prod, dev]\nbob: []\n")
    policy = Folder(str(tmp_path)).policy()
    assert policy.site.static_groups == {"alice": ("prod", "dev"), "bob": ()}


def test_the_revision_changes_with_any_byte_of_any_file(tmp_path):
    seen = []
    for name, text in [
        ("map.txt", GOOD),
        ("map.txt", GOOD + "#"),
        ("site.yaml", "groups: {static: g}\n"),
        ("g", "a: [b]\n"),
        ("g", "a: [c]\n"),
    ]:
        (tmp_path / name).write_text(text)
        folder = Folder(str(tmp_path))
        revision = folder.policy().revision
        if not folder.troubles:
            seen.append(revision)
    assert len(set(seen)) == len(seen) == 4
    assert seen[-1] == Folder(str(tmp_path)).policy().revision


def test_what_is_said_of_a_folder_rests_on_one_reading(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    folder = Folder(str(tmp_path))
    before = folder.policy()
    (tmp_path / "map.txt").write_text("faulty\n")
    assert folder.policy().revision == before.revision


# --- the index --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder with a good policy and its index."""
    tmp_path.chmod(0o755)
    (tmp_path / "map.txt").write_text(GOOD)
    (tmp_path / "site.yaml").write_text("groups: {static: groups.yaml}\nscheduler: capacity\n")
    (tmp_path / "groups.yaml").write_text("alice: [prod, dev]\n")
    Folder(str(tmp_path)).compile()
    return tmp_path


def asked(folder):
    """Queue of alice, whether the index was asked, codes of the troubles."""
    there = Folder(str(folder))
    policy = there.policy()
    queues = [rule.queue for rule in policy.rules.matching("alice", ())]
    return "".join(queues), isinstance(policy.rules, Index), [trouble.code for trouble in there.troubles]


def replace(file, text):
    """As editors do: another file under the same name."""
    new = file.with_name("new")
    new.write_text(text)
    new.rename(file)


def test_the_first_to_read_a_policy_leaves_an_index_for_the_next(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    assert asked(tmp_path) == ("root.a", False, [])
    assert asked(tmp_path) == ("root.a", True, [])
    assert [file.name for file in tmp_path.iterdir() if file.name != "map.txt"] == [INDEX]
    assert (tmp_path / INDEX).stat().st_mode & 0o777 == 0o644


def test_a_fresh_index_is_all_that_is_read(folder, monkeypatch):
    opened = []
    real = posix.open
    monkeypatch.setattr(posix, "open", lambda path, *rest, **more: opened.append(path) or real(path, *rest, **more))
    there = Folder(str(folder))
    site, policy = there.site(), there.policy()
    assert opened == [str(folder / INDEX)]
    assert (site, site.scheduler, site.groups) == (policy.site, "capacity", "static")
    assert dict(site.static_groups) == {"alice": ("prod", "dev")}
    assert policy.revision == PolicyFiles(str(folder)).policy().revision
    (folder / INDEX).unlink()
    read = Folder(str(folder)).policy()
    assert (read.revision, read.rules.file) == (policy.revision, policy.rules.file)
    site.static_groups = dict(site.static_groups)
    assert all(getattr(read.site, name) == getattr(site, name) for name in Site.__slots__)


def test_a_fresh_index_spares_every_import(folder):
    code = (
        "import sys; before = set(sys.modules); from placement.folder import Folder; there = Folder(sys.argv[1]); "
        "there.site(); there.policy().rules.matching('alice', ('dev',)); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True, timeout=60)
    foreign = {name for name in done.stdout.split() if not name.startswith("placement")}
    assert foreign <= {"_struct", "mmap", "struct", "zlib"}


EDITS = {
    "the map, in place": lambda folder: (folder / "map.txt").write_text("alice: root.b\n"),
    "the map, renamed": lambda folder: replace(folder / "map.txt", "alice: root.b\n"),
    "the site": lambda folder: (folder / "site.yaml").write_text("groups: {static: groups.yaml}\n"),
    "a site that goes": lambda folder: (folder / "site.yaml").unlink(),
    "queues that come": lambda folder: (folder / "queues.yaml").write_text(""),
    "static groups": lambda folder: (folder / "groups.yaml").write_text("alice: [dev, prod]\n"),
    "permissions": lambda folder: (folder / "map.txt").chmod(0o640),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_takes_effect_at_once(folder, case):
    EDITS[case](folder)
    queue = "root.b" if case.startswith("the map") else "root.a"
    assert asked(folder) == (queue, False, [])
    assert asked(folder) == (queue, True, [])


def test_after_another_version_was_installed_the_files_are_read_again(folder, monkeypatch):
    monkeypatch.setattr("placement.folder.__version__", "99")
    assert asked(folder) == ("root.a", False, [])


def test_edits_of_one_size_in_quick_succession_are_all_seen(folder):
    for number in range(30):
        (folder / "map.txt").write_text(f"alice: root.{number % 10}\n")
        if number % 3:
            assert asked(folder)[0] == f"root.{number % 10}"


def test_an_edit_while_the_policy_is_compiled_is_not_lost(folder, monkeypatch):
    (folder / "map.txt").write_text("alice: root.b\n")
    rules = PolicyFiles.rules

    def edited(self):
        found = rules(self)
        (folder / "map.txt").write_text("alice: root.c\n")
        return found

    monkeypatch.setattr(PolicyFiles, "rules", edited)
    assert asked(folder)[0] == "root.b"
    with pytest.raises(PlacementError, match=r"index-unwritten.*changed meanwhile"):
        Folder(str(folder)).compile()
    monkeypatch.undo()
    assert asked(folder) == ("root.c", False, [])


def test_files_from_the_future_are_read_each_time(folder, monkeypatch):
    (folder / "map.txt").write_text("alice: root.b\n")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert [asked(folder), asked(folder)] == [("root.b", False, [])] * 2


FAULTY = {
    "a faulty map": (lambda folder: (folder / "map.txt").write_text("one\ntwo\n"), "bare-word"),
    "a faulty site": (lambda folder: (folder / "site.yaml").write_text("scheduler: x\n"), "bad-value"),
    "no map": (lambda folder: (folder / "map.txt").unlink(), "no-map"),
    "no static groups": (lambda folder: (folder / "groups.yaml").unlink(), "no-groups"),
    "a map that everybody may write": (lambda folder: (folder / "map.txt").chmod(0o666), "writable-by-all"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_the_last_good_policy_stays_in_force_loudly(folder, case):
    revision = Folder(str(folder)).policy().revision
    spoil, code = FAULTY[case]
    spoil(folder)
    before = (folder / INDEX).read_bytes()
    for _ in range(2):
        assert asked(folder) == ("root.a", True, [code])
    there = Folder(str(folder))
    policy = there.policy()
    assert (there.policy(), policy.revision, policy.site.scheduler) == (policy, revision, "capacity")
    (trouble,) = there.troubles
    assert trouble.in_one_line().count(f"; the last good policy, revision {revision}, stays in force") == 1
    with pytest.raises(PlacementError):
        there.compile()
    assert (folder / INDEX).read_bytes() == before


def test_the_files_themselves_are_at_hand_for_those_who_check_them(folder):
    (folder / "map.txt").write_text("one\ntwo\n")
    (folder / "site.yaml").write_text("scheduler: x\n")
    for part in (PolicyFiles.rules, PolicyFiles.site):
        with pytest.raises(PlacementError):
            part(PolicyFiles(str(folder)))


def test_an_open_folder_is_not_trusted_whatever_its_index_says(folder):
    folder.chmod(0o777)
    assert problem_of(folder).code == "writable-by-all"


def damaged(change):
    def spoil(index):
        data = bytearray(index.read_bytes())
        change(data)
        replace(index, "")
        index.write_bytes(data)

    return spoil


def of_nobody(index):
    os.chown(index, 65534, 65534)


def fifo(index):
    index.unlink()
    os.mkfifo(index)


def link(index):
    index.rename(index.with_name("other"))
    index.symlink_to("other")


REFUSED = {
    "an empty one": (damaged(lambda data: data.clear()), "index-truncated"),
    "half of one": (damaged(lambda data: data.__delitem__(slice(50, None))), "index-truncated"),
    "another file": (damaged(lambda data: data.__setitem__(0, 0)), "index-foreign"),
    "one of a later version": (damaged(lambda data: data.__setitem__(8, 99)), "index-newer"),
    "a changed one": (damaged(lambda data: data.__setitem__(-1, data[-1] ^ 1)), "index-tampered"),
    "one that the group may write": (lambda index: index.chmod(0o664), "index-writable"),
    "one that everybody may write": (lambda index: index.chmod(0o646), "index-writable"),
    "a folder": (lambda index: (index.unlink(), index.mkdir()), "index-foreign"),
    "a fifo": (fifo, "index-foreign"),
    "a link": (link, "index-foreign"),
    "one of somebody else": (of_nobody, "index-owner"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_index_that_is_refused_is_named_and_the_map_is_read(folder, case):
    spoil, code = REFUSED[case]
    if spoil is of_nobody and os.geteuid():
        pytest.skip("only root can give files away")
    spoil(folder / INDEX)
    there = Folder(str(folder))
    policy = there.policy()
    assert [rule.queue for rule in policy.rules.matching("alice", ())] == ["root.a"]
    (trouble,) = there.troubles
    assert (trouble.code, trouble.severity, trouble.place.file) == (code, "warning", str(folder / INDEX))
    assert "the files themselves are read" in trouble.message
    is_left = case in ("one of a later version", "a folder")  # the former is of use to others, the latter in the way
    assert asked(folder)[1:] == ((False, [code]) if is_left else (True, []))


@pytest.fixture
def large(tmp_path):
    """A folder whose index is checked piece by piece, with users of its own file of groups."""
    tmp_path.chmod(0o755)
    (tmp_path / "map.txt").write_text("".join(f"user{number}: root.q{number}\n" for number in range(3_000)))
    (tmp_path / "site.yaml").write_text("groups: {static: groups.yaml}\n")
    (tmp_path / "groups.yaml").write_text("".join(f"user{number}: [g{number}]\n" for number in range(3_000)))
    Folder(str(tmp_path)).compile()
    return tmp_path


def answers(there, users):
    policy = there.policy()
    return [
        (policy.site.static_groups.get(user, ()), [rule.queue for rule in policy.rules.matching(user, ())])
        for user in users
    ]


def test_a_large_index_that_turns_out_to_be_changed_gives_way_to_the_files(large):
    users = ["user36", "user37"]
    right = answers(Folder(str(large)), users)
    assert right[1] == (("g37",), ["root.q37"])
    good = (large / INDEX).read_bytes()
    named = set()
    for at in range(2_000, len(good), 9_973):
        damaged(lambda data, at=at: data.__setitem__(at, data[at] ^ 0x10))(large / INDEX)
        there = Folder(str(large))
        assert answers(there, users) == right
        named.add(tuple(trouble.code for trouble in there.troubles))
        (large / INDEX).write_bytes(good)
    assert named == {("index-tampered",), ()}  # what is not looked at is not missed


def test_a_large_index_and_a_map_that_are_both_at_fault_place_nobody(large):
    there = Folder(str(large))
    policy = there.policy()
    data = bytearray((large / INDEX).read_bytes())
    data[len(data) // 8 :] = bytes(len(data) - len(data) // 8)
    (large / INDEX).write_bytes(data)
    (large / "map.txt").write_text("one\n")
    with pytest.raises(PlacementError) as caught:
        [policy.rules.matching(f"user{number}", ()) for number in range(3_000)]
    assert caught.value.problems[0].code == "bare-word"


def test_without_a_good_index_and_a_good_map_there_is_no_policy(folder):
    (folder / INDEX).write_bytes((folder / INDEX).read_bytes()[:-1])
    (folder / "map.txt").write_text("one\n")
    assert problem_of(folder).code == "bare-word"


def test_who_may_not_write_the_folder_reads_the_map_each_time(folder, monkeypatch):
    replace(folder / "map.txt", "alice: root.b\n")
    before = (folder / INDEX).read_bytes()
    opened = posix.open

    def refuse(path, flags, *rest, **more):
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)  # root may write everywhere
    assert [asked(folder), asked(folder)] == [("root.b", False, [])] * 2
    assert (folder / INDEX).read_bytes() == before
    with pytest.raises(PlacementError, match=r"index-unwritten.*Permission denied"):
        Folder(str(folder)).compile()


def test_who_is_neither_root_nor_the_owner_of_the_map_writes_no_index(folder, monkeypatch):
    (folder / INDEX).unlink()
    monkeypatch.setattr(posix, "geteuid", lambda: 12345)
    assert asked(folder) == asked(folder) == ("root.a", False, [])


def test_a_disk_that_is_full_leaves_the_old_index_and_no_rest(folder, monkeypatch):
    replace(folder / "map.txt", "alice: root.b\n")
    before = (folder / INDEX).read_bytes()
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert asked(folder) == ("root.b", False, [])
    monkeypatch.undo()
    assert ((folder / INDEX).read_bytes(), len(os.listdir(folder))) == (before, 4)


def test_an_index_tells_no_more_people_than_the_files_do(folder):
    (folder / "groups.yaml").chmod(0o600)
    Folder(str(folder)).compile()
    assert (folder / INDEX).stat().st_mode & 0o777 == 0o600


def test_the_umask_does_not_matter(folder):
    before = os.umask(0o077)
    try:
        Folder(str(folder)).compile()
    finally:
        os.umask(before)
    assert (folder / INDEX).stat().st_mode & 0o777 == 0o644


def test_who_holds_the_old_index_goes_on(folder):
    held = Folder(str(folder)).policy().rules
    replace(folder / "map.txt", "alice: root.b\n")
    assert asked(folder)[0] == "root.b"
    assert [rule.queue for rule in held.matching("alice", ())] == ["root.a"]


def test_what_killed_processes_left_is_deleted_after_a_while(folder):
    for name, age_s in (("old", 7200), ("new", 60)):
        (folder / f".placement.map.index.{name}").touch()
        os.utime(folder / f".placement.map.index.{name}", (time.time() - age_s,) * 2)
    Folder(str(folder)).compile()
    assert {file.name for file in folder.glob(".placement.map.index.*")} == {".placement.map.index.new"}


@at_each_call_of_a_write
def test_whatever_moment_it_is_killed_at_the_old_or_the_new_index_is_there(folder, function, call, moment, is_new):
    old = (folder / INDEX).read_bytes()
    replace(folder / "map.txt", "alice: root.b\n")
    killed.run("from placement.folder import Folder; Folder(path).compile()", folder, function, call, moment)
    assert ((folder / INDEX).read_bytes() != old) == is_new
    assert asked(folder) == ("root.b", is_new, [])


def test_many_that_write_at_once_leave_one_whole_index(folder):
    code = "import sys; from placement.folder import Folder; Folder(sys.argv[1]).policy()"
    replace(folder / "map.txt", "alice: root.b\n")
    running = [subprocess.Popen([sys.executable, "-c", code, folder]) for _ in range(6)]
    assert [process.wait(60) for process in running] == [0] * 6
    assert asked(folder) == ("root.b", True, [])
