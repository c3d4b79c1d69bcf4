import pytest

from placement.errors import PlacementError
from placement.queues_file import read

FAULTY = {
    "several": b"roles: {a: {user: [x]}}\nqueus: []\n",
    "names": b'queues:\n- {name: a.b}\n- nme: x\n- {name: ""}\n- {name: "%user"}\n- {name: 7}\n',
    "twice": b"queues:\n- name: x\n  queues: [{name: y}, {name: y}]\n- {name: y}\n- {name: x}\n",
    "root": b"queues:\n- name: root\n  queues: [{name: root}]\n",
    "shapes": b"roles: {a: }\nqueues: {}\ndefaults: []\n",
    "deep": b"queues: " + b"[" * 2000 + b"]" * 2000,
    "itself": b"queues: &all\n- name: x\n  queues: *all\n",
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_file_names_every_spot_and_what_to_do(case, expect):
    with pytest.raises(PlacementError) as caught:
        read(FAULTY[case], "queues.yaml")
    assert all(problem.remedy and problem.place for problem in caught.value.problems)
    expect(f"queues_file/{case}.txt", f"{caught.value}\n")


def test_queues_and_roles():
    text = b"""
roles:
  analysts: {groups: [bi], users: [ann]}
  nobody: {}
defaults:
  per-user: {max-running: 20}
queues:
  - name: batch
    weight: 3
    queues:
      - {name: large, max-running: 5, per-user: {max-running: 1, except: {nightly: 3}}}
  - {name: adhoc, fair: {allowPreemptionFrom: false}}
"""
    tree, roles = read(text, "queues.yaml")
    assert tree.paths == ("root", "root.batch", "root.batch.large", "root.adhoc")
    assert {name: (role.users, role.groups) for name, role in roles.items()} == {
        "analysts": ({"ann"}, {"bi"}),
        "nobody": (set(), set()),
    }


@pytest.mark.parametrize("text", [b"", b"queues: []\n", b"roles: {a: {users: [x]}}\n"])
def test_a_file_without_queues_has_no_tree(text):
    assert read(text, "queues.yaml")[0] is None


def test_branches_that_share_an_anchor():
    tree, _ = read(b"queues:\n- {name: a, queues: &both [{name: x}, {name: y}]}\n- {name: b, queues: *both}\n", "q")
    assert tree.paths == ("root", "root.a", "root.a.x", "root.a.y", "root.b", "root.b.x", "root.b.y")


def test_settings_may_be_merged():
    _, roles = read(b"roles:\n  a: &both {users: [x]}\n  b: {<<: *both, groups: [g]}\n", "q")
    assert (roles["b"].users, roles["b"].groups) == ({"x"}, {"g"})
