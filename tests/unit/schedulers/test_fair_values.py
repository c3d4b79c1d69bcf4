"""When two texts of the fair scheduler mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.schedulers import access_lists
from placement.schedulers.fair.values import same
from tests.unit.schedulers.fair_files import QUEUE_PROPERTIES

SAME = [
    ("root.a", "weight", "1", "1.0"),
    ("root.a", "weight", "2", "2.0000001"),
    ("root.a", "weight", None, "1.0f"),
    ("root.a", "maxResources", "1024 mb, 2 vcores", "memory-mb=1024,vcores=2"),
    ("root.a", "maxResources", "memory-mb=5", "memory-mb=5, vcores=0"),
    ("root.a", "maxResources", "50%", "50.0 %"),
    ("root.a", "maxResources", "memory-mb=50%", "vcores=100%, memory-mb=50.0%"),
    ("root.a", "minResources", None, "0 mb, 0 vcores"),
    ("root.a", "minResources", None, "50%"),
    ("root.a", "maxRunningApps", "5", "+05"),
    ("root.a", "schedulingPolicy", "DRF", "drf"),
    ("root.a", "allowPreemptionFrom", None, "TRUE"),
    ("root.a", "allowPreemptionFrom", "false", "no"),
    ("root.a", "fairSharePreemptionThreshold", "1", "5"),
    ("root.a", "maxAMShare", "1", "1.5"),
    ("root.a", "aclSubmitApps", "a,b c", "b,a,a  c "),
    ("root.a", "aclSubmitApps", None, " "),
    ("root", "aclSubmitApps", None, "* x"),
    ("root.a", "aclSubmitApps", "<aclSubmitApps>&lt;a</aclSubmitApps>", "<aclSubmitApps>&lt;a </aclSubmitApps>"),
    ("root.a", "mine", "<mine><b x='1' y='2'/></mine>", '<mine><b y="2" x="1"/></mine>'),
    (None, "queueMaxAMShareDefault", None, "0.5"),
    (None, "defaultQueueSchedulingPolicy", "Fair", None),
    (None, "user ann maxRunningApps", "5", "05"),
    (None, "reservation-agent", None, None),
]
OTHERS = [
    ("root.a", "weight", "1", "1.1"),
    ("root.a", "weight", "1", "heavy"),
    ("root.a", "maxResources", None, "100%"),
    ("root.a", "maxResources", "50%", "memory-mb=50, vcores=50"),
    ("root.a", "maxResources", "memory-mb=5", "memory-mb=5, vcores=1"),
    ("root.a", "maxResources", "memory-mb=5", "memory-mb=5, vcores=2147483647"),
    ("root.a", "maxRunningApps", None, "5"),
    ("root.a", "schedulingPolicy", "a.B", "a.b"),
    ("root.a", "aclSubmitApps", "a b", "a"),
    ("root.a", "aclSubmitApps", None, "*"),
    ("root", "aclSubmitApps", None, " "),
    ("root.a", "mine", "<mine><b/></mine>", "<mine><c/></mine>"),
    ("root.a", "type", None, "parent"),
    (None, "reservation-agent", "a", "A"),
]


@pytest.mark.parametrize(("queue", "name", "one", "other"), SAME)
def test_the_same_in_other_words(queue, name, one, other):
    assert same(queue, name, one, other)
    assert same(queue, name, other, one)


@pytest.mark.parametrize(("queue", "name", "one", "other"), OTHERS)
def test_something_else(queue, name, one, other):
    assert not same(queue, name, one, other)
    assert not same(queue, name, other, one)


@given(st.data())
def test_any_two_texts_can_be_compared(data):
    name = data.draw(st.sampled_from([*QUEUE_PROPERTIES]))
    one, other = (data.draw(st.none() | QUEUE_PROPERTIES[name]) for _ in range(2))
    assert same("root.a", name, one, one)
    assert same("root.a", name, one, other) == same("root.a", name, other, one)


@pytest.mark.parametrize(
    ("text", "users", "groups"),
    [
        ("a,b c,d", ("a", "b"), ("c", "d")),
        (" c", (), ("c",)),
        ("a", ("a",), ()),
        ("a c d,e", ("a",), ("c d", "e")),
        ("\n a,b c", (), ("a", "b c")),
        ("a,* b", ("a", "*"), ("b",)),
        (" ", (), ()),
        (",a,,a", ("a",), ()),
    ],
)
def test_access_lists_as_hadoop_reads_them(text, users, groups):
    access = access_lists.read(text)
    assert (access.everybody, access.users, access.groups) == (False, users, groups)


@pytest.mark.parametrize("text", ["*", " *", "* x", "a *", "*\n", "\t* x"])
def test_an_asterisk_alone_in_either_part_is_everybody(text):
    assert access_lists.read(text) == access_lists.Access(everybody=True)


def test_names_that_a_list_cannot_hold_are_told_apart():
    access = access_lists.Access(users=("x y", "a", "*"), groups=("x y", "b,c"))
    assert access_lists.text(access, {}) == ("a x y", ("x y", "*", "b,c"))
