"""The comparison of two policies against trying everybody, every request and every value of the facts."""

from itertools import combinations, product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from placement.rules.grammar import parse
from placement.rules.impact import (
    DIFFERENT,
    EQUAL,
    NOT_PROVED,
    compare,
    who_in_words,
)
from placement.rules.match import candidates, choose
from placement.rules.model import Role, Rules
from placement.rules.views import Side

ROLES = {"r": Role(frozenset({"u"}), frozenset({"g", "k"}))}


def side(text, scheduler="fair", roles=None):
    return Side(Rules("map.txt", parse(text.encode(), "map.txt")[0].rules, roles or ROLES), scheduler)


def impact(old, new, scheduler="fair"):
    return compare(side(old, scheduler), side(new, scheduler))


def told(old, new, scheduler="fair"):
    """Each change in a few words: kind, who, from, to."""
    return {(each.kind, who_in_words(each), each.old, each.new) for each in impact(old, new, scheduler).changes}


def outcome(of, user, groups, facts, request):
    chosen = choose(candidates(of.rules, user, groups, facts, of.scheduler), request, of.scheduler)
    return chosen[1] if chosen else None


EQUALS = {
    "the same": ("a: root.x\n* root.y", "a: root.x\n* root.y"),
    "users in another order": ("a: root.x\nb: root.y", "b: root.y\na: root.x"),
    "groups of one queue in another order": (":a root.x\n:b root.x\n:c root.x", ":c root.x\n:b root.x\n:a root.x"),
    "another spelling under fair": ("a: x.y", "a: root.x.y"),
    "a rule twice": (":a root.x", ":a root.x\n:a root.x"),
    "a condition split in two": (
        ":a root.x if memory > 64g or hour < 8",
        ":a root.x if hour < 8\n:a root.x if memory > 64g",
    ),
    "conditions that exclude each other": (
        ":a root.x if memory > 64g\n:b root.y if memory <= 64g",
        ":b root.y if memory <= 64g\n:a root.x if memory > 64g",
    ),
    "a whole number between": (":a root.x if executors > 2", ":a root.x if executors >= 3"),
    "all hours": (":a root.x if hour >= 0", ":a root.x if hour < 12 or hour > 11"),
    "a role and those it stands for": ("@r root.x", ":k root.x\nu: root.x\n:g root.x"),
    "for a user, the placeholder or the name": ("u.v: root.%user", "u.v: root.u_dot_v"),
    "a rule that another covers": ("* root.x\n:a root.x", "* root.x"),
    "users behind everyone": (
        "* root.%user\na: root.x\n:g root.%primary_group",
        "* root.%user\n:g root.%primary_group\na: root.x",
    ),
    "users of one queue behind a group of it": ("a: root.p\n:g root.p\nb: root.p", ":g root.p\nb: root.p\na: root.p"),
}  # fmt: skip


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
@pytest.mark.parametrize("case", EQUALS)
def test_equal_policies_are_proved_equal(case, scheduler):
    if "spelling under fair" in case and scheduler == "capacity":
        assert impact(*EQUALS[case], scheduler).verdict == DIFFERENT
    else:
        found = impact(*EQUALS[case], scheduler)
        assert (found.changes, found.not_compared, found.verdict) == ([], [], EQUAL)


def test_a_group_that_gets_another_queue():
    assert told(":dev root.dev\n:prod root.prod", ":prod root.prod\n:dev root.batch") == {
        ("moved", "members of `dev`", "root.dev", "root.batch"),
        ("allowed", "members of `dev`", None, "root.batch"),
        ("denied", "members of `dev`", "root.dev", None),
    }


def test_two_groups_in_another_order():
    found = impact(":dev root.dev\n:prod root.prod", ":prod root.prod\n:dev root.dev")
    (change,) = found.changes
    assert told(":dev root.dev\n:prod root.prod", ":prod root.prod\n:dev root.dev") == {
        ("moved", "members of all of `dev` and `prod`", "root.dev", "root.prod")
    }
    assert str(change.witness) == "user `someone` in {`dev`, `prod`}"
    assert (change.witness.old, change.witness.new) == (("root.dev", 1), ("root.prod", 1))


def test_a_user_and_a_group_in_another_order():
    assert told("ann: root.a\n:dev root.dev", ":dev root.dev\nann: root.a") == {
        ("moved", "the user `ann` in `dev`", "root.a", "root.dev")
    }


def test_nobody_is_left_behind():
    assert told("* root.x", "ann: root.x") == {
        ("moved", "everyone for whom no other rule decides", "root.x", None),
        ("denied", "everyone", "root.x", None),
    }


def test_a_change_under_a_condition_names_the_facts():
    (change, *_) = impact(":a root.x", ":a root.y if memory > 64g\n:a root.x").changes
    assert (change.always, str(change.witness)) == (False, "user `someone` in {`a`}, memory 128g")


@pytest.mark.parametrize("condition", ["memory >= 0g", "hour != 30", "command != x or command == x"])
def test_a_fact_may_be_unknown(condition):
    (moved, denied) = impact(":a root.x", f":a root.x if {condition}").changes
    assert (moved.always, moved.witness.facts, denied.kind) == (False, {}, "denied")


def test_a_name_of_the_map_is_nobody_in_particular():
    (change, *_) = impact("someone: root.x", "someone: root.x\n* root.y").changes
    assert change.witness.user == "someone2"


def test_the_order_decides_which_spelling_is_answered_under_capacity():
    found = impact("* root.a.x\n* root.b\n* x", "* root.a.x\n* x\n* root.b", "capacity")
    assert found.verdict == EQUAL
    found = impact("* root.b\n* root.a.x\n* x", "* root.b\n* x\n* root.a.x", "capacity")
    assert {(each.kind, each.request, each.old, each.new) for each in found.changes} == {
        ("answered", "x", "root.a.x", "x"),
        ("answered", "root.a.x", "root.a.x", "x"),
    }


def test_a_leaf_that_becomes_ambiguous():
    found = impact(":g root.a.x\n:h root.a.x", ":g root.a.x\n:h root.b.x", "capacity")
    assert ("denied", "root.a.x") in {(each.kind, each.request) for each in found.changes}


def test_different_schedulers_are_compared_in_part():
    found = compare(side("* root.x"), side("* root.x", "capacity"))
    assert (found.verdict, len(found.not_compared)) == (NOT_PROVED, 1)


def test_too_many_conditions_are_not_called_proved():
    facts = {"memory": "g", "input": "g", "duration": "s"}
    text = "\n".join(f":g root.q if {fact} > {n}{unit}" for fact, unit in facts.items() for n in range(1, 90))
    found = impact(text, f"{text}\n:g root.q if memory > 1g")
    assert (found.verdict, len(found.not_compared)) == (NOT_PROVED, 1)
    assert "not tried" in found.not_compared[0]


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_the_same_rules_are_proved_equal_however_entangled(scheduler):
    lines = [f":g root.q if {fact} > {n}g" for fact in ("memory", "input") for n in range(1000)]
    lines += ["* %primary_group", "* x", "* root.%user.x"]
    assert impact("\n".join(lines), "# a comment\n" + "\n".join(lines), scheduler).verdict == EQUAL
    assert impact("\n".join(lines), "\n".join([*lines, "* root.z"]), scheduler).verdict == DIFFERENT


def test_a_user_whose_placeholder_is_the_queue_does_not_move():
    old = "bob: root.bob\n:g root.%user\n:h root.h"
    assert told(old, ":g root.%user\nbob: root.bob\n:h root.h") == set()
    assert ("moved", "the user `bob` in `h`", "root.bob", "root.h") in told(
        old, ":g root.%user\n:h root.h\nbob: root.bob"
    )


def test_those_in_no_group_are_told_apart():
    assert told("* root.%primary_group", "* root.%primary_group\n* root.x") == {
        ("moved", "whoever is in no group", None, "root.x"),
        ("allowed", "everyone", None, "root.x"),
    }


def test_root_is_no_name_like_others_where_a_placeholder_begins_a_queue():
    found = impact(":h %user\n:k root.%user", ":k root.%user\n:h %user")
    assert (found.verdict, len(found.not_compared)) == (NOT_PROVED, 1)
    assert impact(":h %user\n:h root.root.x\n:k %user", ":k %user\n:h %user\n:h root.root.x").verdict == EQUAL


def test_a_user_whose_name_makes_two_queues_twins_under_capacity():
    found = impact("* root.b\n* root.users.%user\n:g prod", "* root.b\n:g prod\n* root.users.%user", "capacity")
    assert {(each.request, each.old, each.new, each.witness.user) for each in found.changes} == {
        ("prod", "root.users.prod", "prod", "prod"),
        ("root.users.prod", "root.users.prod", "prod", "prod"),
    }


# Random policies against trying everybody.

QUEUES = ["root.a", "root.b", "a", "b", "root.p.a", "root.%user", "root.%primary_group", "root.u", "%user"]
TARGETS = ["u:", "v:", ":g", ":h", ":k", "*", "@r"]
CONDITIONS = ["", " if memory > 64g", " if not hour < 8", " if memory <= 64g and command == x", " if memory == 1g",
              " if weekday in (sat, sun)", " if executors > 2", " if executors != 3"]  # fmt: skip
FACTS = {
    "memory": [None, 0.5, 1024.0, 30000.0, 65536.0, 70000.0],
    "hour": [None, 7.0, 8.0],
    "command": [None, "x", "y"],
    "weekday": [None, "monday", "sunday"],
    "executors": [None, 2.0, 3.0, 4.0],
}
USERS = ["u", "v", "w", "a", "b", "root"]
MEMBERSHIPS = [
    (*primary, *groups)
    for size in range(4)
    for groups in combinations(["g", "h", "k"], size)
    for primary in ((), ("a",), ("z",))
]
REQUESTS = [
    None,
    "a",
    "b",
    "root.a",
    "root.b",
    "root.p.a",
    "root.u",
    "u",
    "root.g",
    "root.w",
    "root.x.a",
    "root.x.b",
    "x.a",
    "nowhere",
]

some_lines = st.lists(
    st.builds("{} {}{}".format, *map(st.sampled_from, (TARGETS, QUEUES, CONDITIONS))), min_size=0, max_size=6
)
plain_lines = st.lists(
    st.builds("{} {}".format, *map(st.sampled_from, (TARGETS, QUEUES[:5]))), min_size=0, max_size=6
)  # fmt: skip
edits = st.one_of(
    st.tuples(some_lines, some_lines),
    some_lines.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))),
    plain_lines.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))),
    plain_lines.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations([*lines, *lines]))),
)


def differs(old, new):
    """Somebody to whom the two policies do different things, found by trying everybody."""
    named = " ".join(str(rule) for each in (old, new) for rule in each.rules.rules)
    facts = {fact: values for fact, values in FACTS.items() if fact in named}
    for values in product(*facts.values()):
        point = dict(zip(facts, values, strict=True))
        for user, groups in product(USERS, MEMBERSHIPS):
            before, after = (list(candidates(each.rules, user, groups, point, each.scheduler)) for each in (old, new))
            for request in REQUESTS:
                was, now = (choose(each, request, old.scheduler) for each in (before, after))
                if (was and was[1]) != (now and now[1]):
                    return user, groups, point, request
    return None


@settings(max_examples=100, deadline=None)
@given(edits, st.sampled_from(["fair", "capacity"]))
@example((["* root.p.a", "* a"], ["* a", "* root.p.a"]), "capacity")
@example(([":g root.p.a", ":h root.a", "* a"], ["* a", ":g root.p.a"]), "capacity")
def test_the_verdict_is_that_of_trying_everybody(edit, scheduler):
    old, new = (side("\n".join(lines), scheduler) for lines in edit)
    found, somebody = compare(old, new), differs(old, new)
    if found.verdict == EQUAL:
        assert somebody is None
    elif found.verdict == NOT_PROVED:
        assert scheduler == "capacity" or "named `root`" in found.not_compared[0]
    assert not any("confirm" in note for note in found.not_compared)
    for change in found.changes:
        seen = change.witness
        ends = [outcome(each, seen.user, seen.groups, seen.facts, seen.request) for each in (old, new)]
        assert ends == [seen.old[0], seen.new[0]]
        assert ends[0] != ends[1]
    if somebody is not None:
        assert found.verdict != EQUAL


@given(st.permutations([f"user{number}: root.q{number}" for number in range(8)] + [f":g{n} root.g" for n in range(8)]))
def test_an_order_that_does_not_matter_is_proved_not_to(lines):
    users, groups = ([line for line in lines if (line[0] == ":") is is_group] for is_group in (False, True))
    assert impact("\n".join(users + groups), "\n".join(sorted(users) + sorted(groups))).verdict == EQUAL
