"""A scheduler's file into the texts of a policy, and those into a file again: nobody is let in who was not."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.queues.names import CAPACITY, FAIR
from placement.queues_file import reading
from placement.rules import grammar
from placement.rules.model import Rules
from placement.schedulers import access_lists
from placement.schedulers.capacity.mapping_words import FORMAT, INLINE, LEGACY
from placement.schedulers.capacity.resource import written
from placement.schedulers.formats import FORMATS
from placement.schedulers.rendering import render
from placement.sync.importing import imported

PREFIX = "yarn.scheduler.capacity."
RIGHTS = {FAIR: ("aclSubmitApps", "aclAdministerApps"), CAPACITY: ("acl_submit_applications", "acl_administer_queue")}
LISTS = st.sampled_from([None, None, " ", "*", "ann", "ann,bob etl", " etl", "first.last", " p,x", "x,first_dot_last"])
PLACES = ["root.a", "root.d", "root.p", "root.p.x", "root.p.first_dot_last", "root.made", "root.no", "root.default"]
QUEUES = ["root", "root.a", "root.d", "root.p", "root.p.x", "root.p.first_dot_last", "root.made"]
KEPT, REJECT = '<rule name="specified" create="false"/>', '<rule name="reject"/>'
IN_P, IN_MADE = (
    f'<rule name="nestedUserQueue" create="{create}"><rule name="default" queue="{queue}"/></rule>{end}'
    for create, queue, end in (("false", "root.p", REJECT), ("true", "root.made", ""))
)
BELOW = ["root", "root.p", "root.made", "root.a"]


def fair_file(lists, rules):
    acls = {path: "".join(f"<{tag}>{text}</{tag}>" for tag, text in each) for path, each in lists.items()}
    return f"""<allocations><queue name="root">{acls["root"]}<queue name="a">{acls["root.a"]}</queue>
<queue name="d">{acls["root.d"]}</queue><queue name="made" type="parent">{acls["root.made"]}</queue>
<queue name="p">{acls["root.p"]}<queue name="x">{acls["root.p.x"]}</queue>
<queue name="first_dot_last">{acls["root.p.first_dot_last"]}</queue></queue></queue>
<queuePlacementPolicy>{rules}</queuePlacementPolicy></allocations>""".encode()


def capacity_file(lists, general):
    said = {f"{PREFIX}root.queues": "a,d,p,made", f"{PREFIX}root.p.queues": "x,first_dot_last"}
    said |= {f"{PREFIX}{path}.capacity": "1w" for path in QUEUES[1:]}
    said |= {f"{PREFIX}root.made.auto-queue-creation-v2.enabled": "true"}
    said |= {f"{PREFIX}{path}.{name}": text for path, each in lists.items() for name, text in each}
    return written(said | general, "made up")


@st.composite
def lists(draw, scheduler):
    """What each queue says of access, by name."""
    found = {path: [(name, draw(LISTS)) for name in RIGHTS[scheduler]] for path in QUEUES}
    return {path: [(name, text) for name, text in each if text is not None] for path, each in found.items()}


def fair_rule(kind, place, within, create):
    """A rule, put into another one where it has to be."""
    flag = f' create="{create}"'
    if kind == "default":
        return f'<rule name="default" queue="{place}"{flag}/>'
    parent = {"default": f'<rule name="default" queue="{place}"{flag}/>', "primaryGroup": "<rule name='primaryGroup'/>"}
    inside = parent[within] if kind == "nestedUserQueue" or (kind == "primaryGroup" and within == "default") else ""
    return f'<rule name="{kind}"{flag}>{inside}</rule>'


@st.composite
def fair_files(draw):
    kinds = st.sampled_from(["user", "primaryGroup", "nestedUserQueue", "default", "default"])
    within, flags = st.sampled_from(["default", "primaryGroup"]), st.sampled_from(["true", "false"])
    rules = draw(st.lists(st.builds(fair_rule, kinds, st.sampled_from(PLACES), within, st.just("false")), max_size=2))
    rules.append(draw(st.builds(fair_rule, kinds, st.sampled_from(PLACES), within, flags)))
    asked = draw(st.sampled_from(["", '<rule name="specified" create="false"/>']))
    return fair_file(draw(lists(FAIR)), f"{asked}{''.join(rules)}{draw(st.sampled_from(['', REJECT]))}")


MAPPING = st.builds(
    lambda who, queue: f"{who}:{queue}",
    st.sampled_from(["u:ann", "u:bob", "u:first.last", "u:%user", "g:etl", "g:p", "u:x"]),
    st.sampled_from([*PLACES, "x", "%user", *(f"{path}.{part}" for path in BELOW for part in ("%user", "ann"))]),
)
JSON = st.builds(
    lambda who, policy, parent, place: {**who, "policy": policy, "parentQueue": parent, "customPlacement": place},
    st.sampled_from([{"type": "user", "matches": name} for name in ("*", "ann", "bob", "first.last")]
                    + [{"type": "group", "matches": name} for name in ("etl", "p")]),
    st.sampled_from(["user", "primaryGroup", "primaryGroupUser", "custom", "custom", "defaultQueue", "specified"]),
    st.sampled_from(BELOW),
    st.sampled_from([*PLACES, "root.p.%user", "root.made.%primary_group.%user"]),
)  # fmt: skip


@st.composite
def capacity_files(draw):
    if draw(st.booleans()):
        general = {LEGACY: ",".join(draw(st.lists(MAPPING, max_size=4)))}
    else:
        general = {FORMAT: "json", INLINE: json.dumps({"rules": draw(st.lists(JSON, max_size=4))})}
    return capacity_file(draw(lists(CAPACITY)), general)


def nothing(name):
    raise FileNotFoundError(name)


def told(found, scheduler):
    """What the scheduler is told by the texts of an import."""
    document = reading.read(found.queues.encode(), "queues.yaml")
    rules, _ = grammar.parse(found.map.encode(), "map.txt")
    return render(document.hierarchy, Rules(rules.file, rules.rules, document.roles), scheduler).configuration


def let_in(configuration, path, names):
    """Everybody, or the users and groups who have one of these rights there, as Hadoop goes up to `root`."""
    found = set()
    while path:
        for name in names:
            usual = "*" if path == "root" else " "
            access = access_lists.read(configuration.queues[path].get(name, usual))
            found |= {("user", user) for user in access.users} | {("group", group) for group in access.groups}
            found |= {"everybody"} if access.everybody else set()
        path = path.rpartition(".")[0]
    return found


def check_that_nobody_gains_and_nothing_changes(content, scheduler):
    form = FORMATS[scheduler]
    try:
        before, _ = form.read(content, "made-up.xml", nothing)
        found = imported(content, "made-up.xml", scheduler, nothing)
    except PlacementError:
        return
    after = told(found, scheduler)
    submit, admin = RIGHTS[scheduler]
    for path in before.queues:
        for names in ((submit, admin), (admin,)):
            was, now = (let_in(each, path, names) for each in (before, after))
            assert "everybody" in was or now <= was, (path, found.map)
    for path in (None, *before.queues):
        was, now = (each.general if path is None else each.queues[path] for each in (before, after))
        assert not [name for name in {**was, **now} if not form.same(path, name, was.get(name), now.get(name))]


@settings(max_examples=150, deadline=None)
@given(fair_files())
def test_nobody_is_let_in_by_the_placement_rules_of_the_fair_scheduler(content):
    check_that_nobody_gains_and_nothing_changes(content, FAIR)


@settings(max_examples=150, deadline=None)
@given(capacity_files())
def test_nobody_is_let_in_by_the_mapping_rules_of_the_capacity_scheduler(content):
    check_that_nobody_gains_and_nothing_changes(content, CAPACITY)


@pytest.mark.parametrize(
    ("path", "text", "rule", "expected", "code"),
    [
        ("root.d", "*", '<rule name="default" queue="root.d"/>', ["* root.d"], None),
        ("root.d", "ann etl", '<rule name="default" queue="root.d"/>', ["ann: root.d", ":etl root.d"], "approximated"),
        ("root.p", " etl", '<rule name="default" queue="root.p.x"/>', [":etl root.p.x"], "approximated"),
        ("root.a", "*", '<rule name="default" queue="root.d"/>', ["# left out: * root.d", "* root.a"], "left-out"),
        ("root.p", "*", IN_P, ["* root.p.%user"], None),
        ("root.p.x", "x,bob", IN_P, ["x: root.p.%user", "x: root.p.x", "bob: root.p.x"], "approximated"),
        ("root.a", "x", IN_P, ["# left out: * root.p.%user", "x: root.a"], "left-out"),
        ("root.made", " etl", IN_MADE, [":etl root.made.%user"], "approximated"),
        ("root.made", "*", IN_MADE, ["* root.made.%user"], None),
    ],
)
def test_a_rule_is_for_those_who_may_submit_there(path, text, rule, expected, code):
    lists = {queue: [("aclSubmitApps", text if queue == path else " "), ("aclAdministerApps", " ")] for queue in QUEUES}
    found = imported(fair_file(lists, f"{KEPT}{rule}"), "f.xml", FAIR, nothing)
    shown = [each for each in found.map.splitlines() if not each.startswith("#") or "left out" in each]
    assert shown[: len(expected)] == expected
    assert [each.code for each in found.problems if each.severity == "warning"] == ([f"rule-{code}"] if code else [])


def test_rules_for_users_and_groups_that_may_not_submit_are_left_out():
    lists = {"root": [(name, " ") for name in RIGHTS[CAPACITY]], "root.d": [(RIGHTS[CAPACITY][0], "ann etl")]}
    general = {LEGACY: "u:ann:d,u:bob:d,g:etl:d,g:p:d,u:ann:a"}
    found = imported(capacity_file(lists, general), "c.xml", CAPACITY, nothing)
    shown = [each for each in found.map.splitlines() if not each.startswith("#") or "left out" in each]
    assert shown == ["ann: root.d", "# left out: bob: root.d", ":etl root.d", "# left out: :p root.d",
                     "# left out: ann: root.a"]  # fmt: skip
    assert [each.code for each in found.problems] == ["rule-left-out"] * 3
    assert all(each.remedy for each in found.problems)
