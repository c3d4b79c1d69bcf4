import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.rules.grammar import parse
from placement.rules.match import candidates, choose
from placement.rules.model import EVERYONE, GROUP, USER, Role, Rule, Rules


def queues(text, user="alice", groups=("prod",), scheduler="fair", roles=None, **facts):
    """The queues of the rules that match, in their order."""
    rules = Rules("m", parse(text.encode(), "m")[0].rules, roles)
    return [queue for _, queue in candidates(rules, user, tuple(groups), facts, scheduler)]


def test_a_group_name_is_not_matched_inside_another():
    assert queues(":dev root.dev\n:dev-ops root.ops\n", groups=["dev-ops"]) == ["root.ops"]


def test_names_compare_with_case():
    assert queues("Alice: root.a\n:PROD root.b\n") == []


def test_a_user_rule_does_not_match_a_group_of_that_name():
    assert queues("prod: root.a\n:alice root.b\n") == []


def test_candidates_stand_in_the_order_of_the_map():
    text = "* root.all\n:prod root.prod\nalice: root.alice\n:x root.x\n"
    assert queues(text, groups=["x", "prod"]) == ["root.all", "root.prod", "root.alice", "root.x"]


def test_a_role_is_its_users_and_the_members_of_its_groups():
    roles = {"analysts": Role(frozenset({"ann"}), frozenset({"bi"}))}
    text = "@analysts root.adhoc\n@nobody root.x\n"
    assert queues(text, "ann", [], roles=roles) == ["root.adhoc"]
    assert queues(text, "bob", ["bi"], roles=roles) == ["root.adhoc"]
    assert queues(text, "ann", ["bi"], roles=roles) == ["root.adhoc"]
    assert queues(text, "bi", ["ann"], roles=roles) == []


def test_placeholders_stand_for_the_user_and_the_primary_group():
    assert queues("* root.users.%user\n", "first.last") == ["root.users.first_dot_last"]
    assert queues("* %primary_group.u_%user\n", "a", ["d.e", "x"]) == ["root.d_dot_e.u_a"]
    assert queues("* root.%primary_group\n* root.x\n", "a", []) == ["root.x"]


def test_a_condition_decides_whether_a_rule_is_a_candidate():
    text = ":prod root.large if memory > 200g or duration > 2h\n:prod root.prod\n"
    assert queues(text, memory=300 * 1024) == ["root.large", "root.prod"]
    assert queues(text, memory=1024, duration=7201.0) == ["root.large", "root.prod"]
    assert queues(text, memory=1024) == ["root.prod"]


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
    chosen = choose([(Rule(EVERYONE, "", each, 1, ""), each) for each in written], asked, scheduler)
    assert (chosen[1] if chosen else None) == queue


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
                return path
        return None

    rules = Rules("m", tuple(Rule(*line, number, "") for number, line in enumerate(lines, start=1)))
    chosen = choose(candidates(rules, user, tuple(groups), {}, "fair"), asked, "fair")
    assert (chosen[1] if chosen else None) == dull()
