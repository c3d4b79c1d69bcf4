"""Access from the map, and a map from access."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.queues import access
from placement.queues.queue import Access, Hierarchy, Queue
from placement.queues_file import reading
from placement.rules import grammar
from placement.rules.model import Rules
from placement.schedulers.configuration import GATEWAY, NOBODY
from placement.schedulers.granted import access_lines, granted, line

QUEUES = """
roles: {staff: {users: [ann], groups: [bi]}}
queues:
  - {name: default}
  - name: apps
    queues: [{name: prod}, {name: dev}]
  - {name: users, auto-create: {max-queues: 5}}
  - name: staff
    queues: [{name: ann}, {name: first_dot_last}]
"""


def policy(map_text, queues=QUEUES):
    document = reading.read(queues.encode(), "queues.yaml")
    rules, _ = grammar.parse(map_text.encode(), "map.txt")
    return document.hierarchy, Rules(rules.file, rules.rules, document.roles)


def opened(map_text, queues=QUEUES):
    hierarchy, shortfalls = granted(*policy(map_text, queues))
    return {path: queue.submit for path, queue in hierarchy.queues() if queue.submit}, shortfalls


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("bob: root.apps.prod", "root.apps.prod", Access(users=("bob",))),
        (":etl root.apps.prod", "root.apps.prod", Access(groups=("etl",))),
        ("@staff root.apps.prod", "root.apps.prod", Access(roles=("staff",))),
        ("* root.apps.prod", "root.apps.prod", Access(everybody=True)),
        ("bob: apps.prod", "root.apps.prod", Access(users=("bob",))),
        (":etl root.users.%user", "root.users", Access(groups=("etl",))),
        (":etl root.users.nightly", "root.users", Access(groups=("etl",))),
        ("ann: root.staff.%user", "root.staff.ann", Access(users=("ann",))),
    ],
)
def test_whoever_has_a_rule_may_submit(rule, path, expected):
    found, _ = opened(rule)
    assert found == {path: expected}


def test_a_queue_with_the_name_of_a_user_is_for_that_user():
    found, shortfalls = opened("* root.staff.%user")
    assert found["root.staff.ann"] == Access(users=("ann",))
    assert found["root.staff.first_dot_last"] == Access(users=("first_dot_last", "first.last"))
    assert not shortfalls


def test_root_is_never_opened_by_a_rule():
    found, _ = opened("* root.%primary_group")
    assert found["root.default"] == Access(groups=("default",))
    assert "root" not in found
    assert "root.apps" not in found  # nothing runs there, so that nobody has it as a queue


@pytest.mark.parametrize("queue", ["root.nosuch", "%user", "root", "root.users.x%user", "root.users.a.b.c"])
def test_a_queue_that_is_not_there_opens_nothing(queue):
    found, shortfalls = opened(f"bob: {queue}")
    assert not found
    assert [each.line for each in shortfalls] == [1]


def test_what_is_granted_already_is_not_added_again():
    queues = """
roles: {r: {users: [ann]}}
queues:
  - {name: a, admin: {users: [bob]}, submit: {roles: [r]}, queues: [{name: b}]}
"""
    found, _ = opened("bob: root.a.b\nann: root.a.b\n:g root.a.b\n:g root.a.b\n", queues)
    assert found["root.a.b"] == Access(groups=("g",))


def test_a_rule_for_everyone_leaves_no_others_in_the_list():
    found, _ = opened("bob: root.apps.prod\n* root.apps.prod\n")
    assert found["root.apps.prod"] == Access(everybody=True)


def said(shortfalls):
    return [(each.line, each.said.rpartition("`: ")[2], each.enforced_by) for each in shortfalls]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("bob: root.apps.prod if hour > 3", [(1, "the condition", GATEWAY)]),
        ('"a,b": root.apps.prod', [(1, "access", NOBODY)]),
        (":etl root.apps", [(1, "the queue", NOBODY), (1, "access to `root.apps` alone", GATEWAY)]),
        (":etl root.%primary_group", [(1, "access for nobody else", GATEWAY)]),
        ("bob: root.apps.prod", []),
    ],
)
def test_what_an_access_list_cannot_say(rule, expected):
    assert said(opened(rule)[1]) == expected


def test_the_queues_that_open_with_a_parent_are_listed():
    _, (_, shortfall) = opened(":etl root.apps\n:etl root.apps.prod\n")
    assert shortfall.why.endswith("all below it: `root.apps.dev`")


def test_access_without_a_rule_is_listed_with_its_place():
    queues = "queues: [{name: a, submit: {users: [ann, bob]}, admin: {groups: [ops]}}, {name: b}]"
    _, shortfalls = opened("bob: root.a\n", queues)
    assert [(each.queue, each.keys) for each in shortfalls] == [
        ("root.a", ("submit", "users", 0)),
        ("root.a", ("admin", "groups", 0)),
    ]


def test_lines_of_what_access_lists_allow():
    queues = """
root: {admin: {users: [yarn]}}
queues:
  - {name: a, submit: "*"}
  - name: b
    submit: {groups: [domain users]}
    queues: [{name: c, admin: {users: [ann]}}]
"""
    assert access_lines(policy("", queues)[0]) == [
        "* root.a",
        "yarn: root.b.c",
        ':"domain users" root.b.c',
        "ann: root.b.c",
    ]


def test_what_no_line_can_say_is_a_comment():
    hierarchy = Hierarchy(Queue(name="root", children=(Queue(name="a", submit=Access(users=('x"\n',))),)))
    (written,) = access_lines(hierarchy)
    assert written.startswith("# ")
    assert "\n" not in written


NAMES = st.sampled_from(["ann", "bob", "first.last", "etl", "a b", "a,b", "@x", "*", "é", "%user", 'q"'])
LISTS = st.builds(
    Access,
    everybody=st.booleans(),
    users=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    groups=st.lists(NAMES, max_size=3, unique=True).map(tuple),
)
PATHS = ["root.default", "root.apps", "root.apps.prod", "root.users.%user", "root.%primary_group", "root.no", "%user"]
TARGETS = ["*", "ann:", "bob:", ":etl", ':"a b"', "@staff", "first.last:", '"%user":', '":x":']
CONDITIONS = ["", "", " if hour > 3"]
MAPS = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.sampled_from(PATHS), st.sampled_from(CONDITIONS)), max_size=8
).map(lambda rules: "".join(f"{target} {queue}{condition}\n" for target, queue, condition in rules))


@settings(deadline=None)
@given(st.lists(LISTS | st.none(), min_size=4, max_size=4))
def test_lines_are_of_the_grammar_and_let_in_whom_the_lists_do(lists):
    inner = Queue(name="in", submit=lists[1], admin=lists[2])
    root = Queue(
        name="root", submit=lists[0], children=(Queue(name="a", children=(inner,)), Queue(name="b", submit=lists[3]))
    )
    hierarchy = Hierarchy(root)
    lines = access_lines(hierarchy)
    rules, _ = grammar.parse("\n".join(lines).encode(), "map.txt")
    for user in ("ann", "first.last", "a b"):
        for groups in (("etl",), ("bob",), ()):
            candidates = {rule.queue for rule in rules.matching(user, groups)}
            allowed = {path for path in access.of_user(hierarchy, user, groups) if hierarchy.find(path).is_leaf}
            assert candidates == allowed


@settings(deadline=None)
@given(MAPS)
def test_whoever_has_a_rule_for_a_leaf_is_let_in(map_text):
    hierarchy, rules = policy(map_text)
    after, _ = granted(hierarchy, rules)
    for rule in rules.rules:
        queue = hierarchy.find(rule.queue)
        if queue is None or not queue.is_leaf:
            continue
        users = rules.users_of(rule) or ("somebody",)
        for group in rules.groups_of(rule) or ((),) * (rule.kind != "role"):
            assert access.of_user_in(after, rule.queue, users[0], (group,) if group else ())
    assert granted(after, rules)[0] == after


@settings(deadline=None)
@given(NAMES, NAMES)
def test_a_line_is_what_it_is_read_as(name, queue):
    written = line("group", name, f"root.{queue}")
    if written:
        (rule,) = grammar.parse(written.encode(), "map.txt")[0].rules
        assert (rule.kind, rule.name, rule.queue) == ("group", name, f"root.{queue}")
