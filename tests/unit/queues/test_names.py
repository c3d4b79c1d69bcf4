import pytest

from placement.queues.names import full_name, is_same, is_unset


@pytest.mark.parametrize(
    ("queue", "scheduler", "name"),
    [
        ("etl", "fair", "root.etl"),
        ("root.etl", "fair", "root.etl"),
        ("root", "fair", "root"),
        ("rooted.etl", "fair", "root.rooted.etl"),
        ("etl", "capacity", "etl"),
        ("root.etl", "capacity", "root.etl"),
    ],
)
def test_full_name(queue, scheduler, name):
    assert full_name(queue, scheduler) == name


@pytest.mark.parametrize(
    ("asked", "queue", "scheduler", "same"),
    [
        ("a.b", "root.a.b", "fair", True),
        ("b", "root.a.b", "fair", False),
        ("B", "b", "fair", False),
        ("b", "root.a.b", "capacity", True),
        ("root.a.b", "b", "capacity", True),
        ("a.b", "root.a.b", "capacity", False),
        ("root.x.b", "root.a.b", "capacity", False),
        ("b", "b", "capacity", True),
    ],
)
def test_same(asked, queue, scheduler, same):
    assert is_same(asked, queue, scheduler) is same


def test_default_and_nothing_are_no_request():
    assert is_unset("")
    assert is_unset("default")
    assert not is_unset("root.default")
    assert not is_unset("Default")
