import pytest

from placement.queues.tree import Tree


def test_parents_are_implied_and_stand_before_their_children():
    assert Tree(["root.a.b", "root.c"]).paths == ("root", "root.a", "root.a.b", "root.c")


def test_leaves_and_parents():
    tree = Tree(["root.a.b", "root.c"])
    assert [path for path in tree.paths if tree.is_leaf(path)] == ["root.a.b", "root.c"]
    assert [path for path in tree.paths if tree.is_parent(path)] == ["root", "root.a"]
    assert not tree.is_leaf("root.d")
    assert not tree.is_parent("root.d")
    assert tree.children("root") == ("root.a", "root.c")
    assert tree.children("root.d") == ()


def test_the_root_alone_runs_nothing():
    assert Tree().paths == ("root",)
    assert Tree().is_parent("root")


def test_a_last_part_finds_leaves_and_parents_but_not_the_root():
    tree = Tree(["root.a.b", "root.b.c", "root.x.root"])
    assert tree.leaf_paths("b") == ("root.a.b", "root.b")
    assert tree.leaf_paths("root") == ()
    assert tree.leaf_paths("d") == ()


@pytest.mark.parametrize("path", ["", "a", "root.", ".a", "other.a", "root..a"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="no path"):
        Tree([path])
