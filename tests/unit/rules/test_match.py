import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.rules.match import candidates, choose
from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules
from tests.unit.builders import identity, policy


def test_a_group_name_is_not_matched_inside_another():
    rules = policy(":dev root.dev\n:dev-ops root.ops\n").rules
    assert [rule.queue for rule in candidates(rules, identity(groups=["dev-ops"]))] == ["root.ops"]


def test_names_compare_with_case():
    rules = policy("Alice: root.a\n:PROD root.b\n").rules
    assert candidates(rules, identity("alice", ["prod"])) == []


def test_a_user_rule_does_not_match_a_group_of_that_name():
    rules = policy("prod: root.a\n:alice root.b\n").rules
    assert candidates(rules, identity("alice", ["prod"])) == []


def test_candidates_stand_in_the_order_of_the_map():
    rules = policy("* root.all\n:prod root.prod\nalice: root.alice\n").rules
    assert [rule.line for rule in candidates(rules, identity())] == [1, 2, 3]


CHOICES = {
    "the first without a request": (None, "fair", "root.a"),
    "the one asked for": ("root.b", "fair", "root.b"),
    "root. may be left out under fair": ("b", "fair", "root.b"),
    "case counts": ("root.B", "fair", None),
    "a queue of nobody": ("root.c", "fair", None),
    "a trailing dot is another name": ("root.b.", "fair", None),
    "a leaf of capacity": ("leaf", "capacity", "root.deep.leaf"),
    "root. may not be left out under capacity": ("deep.leaf", "capacity", None),
    "a full path of capacity": ("root.other.twin", "capacity", "root.other.twin"),
    "an ambiguous leaf of capacity": ("twin", "capacity", None),
}


@pytest.mark.parametrize("case", CHOICES)
def test_choice(case):
    asked, scheduler, queue = CHOICES[case]
    written = ["root.a", "root.b", "root.deep.leaf", "root.deep.twin", "root.other.twin"]
    chosen = choose([Rule(EVERYONE, "", each, 1, "") for each in written], asked, scheduler)
    assert (chosen.queue if chosen else None) == queue


some_names = st.sampled_from(["a", "b", "ab", "A"])
some_rules = st.builds(
    lambda kind, name, queue: (kind, "" if kind == EVERYONE else name, queue),
    st.sampled_from([USER, GROUP, EVERYONE]),
    some_names,
    st.sampled_from(["root.x", "root.y", "x", "root.x.y"]),
)


@given(st.lists(some_rules), some_names, st.lists(some_names), st.none() | st.sampled_from(["root.x", "x", "root.z"]))
def test_matching_is_what_ten_dull_lines_do(lines, user, groups, asked):
    def dull():
        for kind, name, queue in lines:
            path = queue if queue.startswith("root.") else "root." + queue
            if kind == USER and name != user:
                continue
            if kind == GROUP and name not in groups:
                continue
            if asked is None or path == (asked if asked.startswith("root.") else "root." + asked):
                return queue
        return None

    rules = Rules("m", tuple(Rule(*line, number, "") for number, line in enumerate(lines, start=1)))
    chosen = choose(candidates(rules, identity(user, groups)), asked, "fair")
    assert (chosen.queue if chosen else None) == dull()
