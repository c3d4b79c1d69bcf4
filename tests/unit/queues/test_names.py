import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.queues.names import ambiguous, full_name, is_same, is_unset
from placement.queues.tree import Tree

TREE = Tree(["root.a.b", "root.a.twin", "root.x.twin", "root.users"])


@pytest.mark.parametrize(
    ("queue", "scheduler", "name"),
    [
        ("etl", "fair", "root.etl"),
        ("root.etl", "fair", "root.etl"),
        ("root", "fair", "root"),
        ("rooted.etl", "fair", "root.rooted.etl"),
        ("a.b", "fair", "root.a.b"),
        ("etl", "capacity", "etl"),
        ("root.etl", "capacity", "root.etl"),
    ],
)
def test_full_name(queue, scheduler, name):
    assert full_name(queue, scheduler) == name


@pytest.mark.parametrize(
    ("queue", "name"),
    [
        ("b", "root.a.b"),
        ("a", "root.a"),
        ("B", "B"),
        ("twin", "twin"),
        ("nowhere", "nowhere"),
        ("a.b", "a.b"),
        ("b.", "b."),
        ("root", "root"),
    ],
)
def test_full_name_by_the_tree_of_the_capacity_scheduler(queue, name):
    assert full_name(queue, "capacity", TREE) == name


@pytest.mark.parametrize(
    ("asked", "queue", "scheduler", "same"),
    [
        ("a.b", "root.a.b", "fair", True),
        ("b", "root.a.b", "fair", False),
        ("B", "b", "fair", False),
        ("b.", "b", "fair", False),
        (".b", "b", "fair", False),
        ("b", "root.a.b", "capacity", True),
        ("root.a.b", "b", "capacity", True),
        ("a.b", "root.a.b", "capacity", False),
        ("a.b", "b", "capacity", False),
        ("root.x.b", "root.a.b", "capacity", False),
        ("b", "b", "capacity", True),
        (".b", "b", "capacity", False),
        ("b.", "b", "capacity", False),
        ("root.a.b.", "root.a.b", "capacity", False),
    ],
)
def test_same(asked, queue, scheduler, same):
    assert is_same(asked, queue, scheduler) is same


@pytest.mark.parametrize(
    ("asked", "queue", "same"),
    [
        ("b", "root.a.b", True),
        ("root.a.b", "b", True),
        ("b", "root.x.b", False),  # the tree says which one `b` is
        ("twin", "root.a.twin", False),
        ("root.x.twin", "root.x.twin", True),
        ("ann", "root.users.ann", True),  # created for a user, so not in the tree
        ("B", "root.a.b", False),
    ],
)
def test_same_by_the_tree_of_the_capacity_scheduler(asked, queue, same):
    assert is_same(asked, queue, "capacity", TREE) is same


def test_a_last_part_that_several_queues_have_is_ambiguous():
    assert ambiguous("twin", "capacity", TREE) == ("root.a.twin", "root.x.twin")
    assert ambiguous("twin", "fair", TREE) == ()
    assert ambiguous("twin", "capacity", None) == ()
    assert ambiguous("b", "capacity", TREE) == ()
    assert ambiguous("root.a.twin", "capacity", TREE) == ()


def test_default_and_nothing_are_no_request():
    assert is_unset("")
    assert is_unset("default")
    assert not is_unset("root.default")
    assert not is_unset("Default")


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda parts: ".".join(["root", *parts]))


@given(st.lists(paths), st.sampled_from(["a", "b", "root.a", "root.a.b", "a.b", ".a"]), paths)
def test_with_the_whole_tree_at_hand_same_is_equal_full_names(written, asked, queue):
    tree = Tree([*written, queue])
    same = full_name(asked, "capacity", tree) == full_name(queue, "capacity", tree)
    if not ambiguous(asked, "capacity", tree) and ("." in asked or tree.leaf_paths(asked)):
        assert is_same(asked, queue, "capacity", tree) == same
    assert is_same(asked, queue, "fair", tree) == is_same(asked, queue, "fair")
