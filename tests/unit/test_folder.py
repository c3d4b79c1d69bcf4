import os

import pytest

from placement.errors import PlacementError
from placement.folder import Folder, find

GOOD = "alice: root.a\n"


def problem_of(folder, part="policy"):
    with pytest.raises(PlacementError) as caught:
        getattr(Folder(str(folder)), part)()
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
    opened = os.open

    def refuse(path, *rest):
        if str(path).endswith("map.txt"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *rest)

    monkeypatch.setattr(os, "open", refuse)  # root may read everything
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
        try:
            seen.append(Folder(str(tmp_path)).policy().revision)
        except PlacementError:
            continue
    assert len(set(seen)) == len(seen) == 4
    assert seen[-1] == Folder(str(tmp_path)).policy().revision


def test_what_is_said_of_a_folder_rests_on_one_reading(tmp_path):
    (tmp_path / "map.txt").write_text(GOOD)
    folder = Folder(str(tmp_path))
    before = folder.policy()
    (tmp_path / "map.txt").write_text("faulty\n")
    assert folder.policy().revision == before.revision
