from hypothesis import given
from hypothesis import strategies as st

from placement.rules.explain import explain
from placement.rules.grammar import parse
from placement.rules.match import candidates
from placement.rules.model import Role, Rules

MAP = """
pnda:   root.default
alice:  root.alice
:prod   root.prod
:dev    root.dev
@bi     root.bi
@who    root.who
:prod   root.large    if memory > 200g or not hour < 18
:prod   root.night    if memory < 200g and hour in (22, 23)
:prod   root.timely   if duration < 1h
*       root.%primary_group.x
*       root.users.%user
"""
ROLES = {"bi": Role(frozenset({"ann"}), frozenset({"prod"}))}


def rules(text=MAP):
    return Rules("map.txt", parse(text.encode(), "map.txt")[0].rules, ROLES)


def test_every_rule_says_why_it_matched_or_not(expect):
    facts = {"memory": 1024.0 * 300, "hour": 22.0}
    trials = explain(rules(), "alice", ("prod",), facts, "fair")
    lines = "".join(f"{trial.rule.text}\n    {trial.queue}: {trial.why}\n" for trial in trials)
    expect("explain/alice.txt", lines)


def test_a_role_through_the_user_and_no_primary_group(expect):
    trials = explain(rules("@bi root.bi\n* root.%primary_group\n"), "ann", (), {}, "fair")
    expect("explain/ann.txt", "".join(f"{trial.queue}: {trial.why}\n" for trial in trials))


memory = st.none() | st.sampled_from([1.0, 1024.0 * 200, 1024.0 * 300])


@given(st.sampled_from(["alice", "pnda", "ann", "x"]), st.lists(st.sampled_from(["prod", "dev"])), memory, memory)
def test_explains_candidates_are_those_of_the_decision(user, groups, size, hour):
    facts = {"memory": size, "hour": hour}
    trials = explain(rules(), user, tuple(groups), facts, "fair")
    explained = [(trial.rule, trial.queue) for trial in trials if trial.queue]
    assert explained == list(candidates(rules(), user, tuple(groups), facts, "fair"))
