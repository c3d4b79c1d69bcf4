"""One fixture and one expected output for every finding; what the findings promise, on small universes."""

import re
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.queues.tree import Tree
from placement.rules import lint
from placement.rules.grammar import parse
from placement.rules.match import candidates, choose
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Role, Rule, Rules
from tests.conftest import ROOT

TREE = Tree(["root.batch.large", "root.batch.small", "root.adhoc.large", "root.reports", "root.users"])
ROLES = {
    "analysts": Role(frozenset({"ann"}), frozenset({"bi"})),
    "readers": Role(frozenset({"ann", "bob"})),
    "empty": Role(),
}
FIXTURES = {
    "unknown-role": ("fair", "* root.reports\n  @analyst  root.reports # who?\n@x root.reports\n"),
    "unknown-queue": (
        "fair",
        "* reports\n:a\troot.reprots   # letters\n:b large\n:c root.zzzzzz\n:d root.user.%user\n:e root.users.x.%user\n"
        ':"f g" a.%user if hour > 8\n:h root.users.%user\n',
    ),
    "unknown-queue-capacity": ("capacity", "* reports\n:a batch.small\n:b Small\n"),
    "parent-queue": ("fair", "* root.batch\n:a root\n"),
    "ambiguous-leaf": ("capacity", "* large\n:a small\n:b root.batch.large\n"),
    "always-false": (
        "fair",
        "* reports\n:a reports if memory > 5g and memory < 1g\n:b reports if (hour > 23)   # late\n"
        ":c reports if not (name == a or name != a) and hour < 5 and weekday == sunday and hour > 4\n",
    ),
    "duplicate-rule": ("fair", "* reports\n:a root.reports if hour > 3\n* root.reports\n:a reports if hour > 3\n"),
    "shadowed": (
        "fair",
        "@analysts reports\nbob: root.reports\n:bi root.reports\nann: root.reports if hour > 3\n@readers reports\n"
        "* root.users.%user\nbob: root.users.bob\nx.y: users.x_dot_y\n:bi root.users.%user\n",
    ),
    "no-everyone": ("fair", ":a reports\n"),
    "unknown-user": ("fair", "* reports\nnobody: reports\n@readers reports\n@readers users.x\n"),
    "unknown-group": ("fair", "* reports\n:nobody reports\n@analysts reports if hour > 3\n"),
}
KNOWS = {"unknown-user": {"ann"}, "unknown-group": set()}


def subject(text, scheduler="fair", tree=TREE, roles=ROLES):
    rules = Rules("map.txt", parse(text.encode(), "map.txt")[0].rules, roles)
    return lint.Subject(rules, scheduler, tree, text.split("\n"))


def codes(*arguments, **settings):
    return [(found.code, found.place.line) for found in lint.findings(subject(*arguments, **settings))]


@pytest.mark.parametrize("case", FIXTURES)
def test_a_finding_names_the_spot_and_what_to_do(case, expect):
    code = case.removesuffix("-capacity")
    scheduler, text = FIXTURES[case]
    users, groups = KNOWS.get("unknown-user"), KNOWS.get("unknown-group")
    found = lint.findings(
        subject(text, scheduler),
        users.__contains__ if code == "unknown-user" else None,
        groups.__contains__ if code == "unknown-group" else None,
    )
    found = [each for each in found if each.code == code]
    assert found
    assert all(each.remedy for each in found)
    expect(f"lint/{case}.txt", "".join(f"{each}\n" for each in found))


def test_every_finding_has_its_fixture():
    source = (ROOT / "placement" / "rules" / "lint.py").read_text()
    assert set(re.findall(r'Problem\("([a-z-]+)"', source)) <= set(FIXTURES)


def test_a_good_policy_has_no_findings():
    text = "ann: reports\n:a small if hour > 3\n:a small if hour < 3\n@readers small\n* root.users.%user\n* reports\n"
    assert codes(text, "capacity") == []


def test_without_a_tree_nothing_is_said_of_queues():
    assert codes("* nowhere\n:a root\n", tree=None) == []


def test_without_the_lines_of_the_map_columns_count_in_the_rule():
    (found,) = lint.findings(lint.Subject(subject("* reports\n   :a   root.zz\n").rules, "fair", TREE))
    assert (found.place.line, found.place.column, found.place.text) == (2, 6, ":a   root.zz")


def test_a_rule_that_may_be_asked_for_is_not_shadowed():
    assert codes("* reports\nann: root.batch.small\n") == []


def test_a_conditional_rule_shadows_only_what_holds_no_longer_than_it():
    text = "* reports if hour > 3\nann: reports\n@empty batch.small\n:a reports if hour > 3\n"
    assert codes(text) == [("shadowed", 4)]


def test_a_user_called_root_is_somebody_else_under_the_fair_scheduler():
    assert codes("* %user\n* root.%user\n", tree=None) == []


def test_a_user_whose_name_looks_like_a_placeholder_is_no_placeholder():
    text = (
        '* root.%primary_group\n"%primary_group": root.%user\n* root.%primary_group.er\ner: root.%primary_group.%user\n'
    )
    assert codes(text, tree=None) == []


def test_a_duplicate_is_not_called_shadowed_too():
    assert codes("* reports\n* root.reports\n") == [("duplicate-rule", 2)]


def test_names_of_the_tree_are_one_queue():
    assert codes("* small\nann: root.batch.small\n", "capacity") == [("shadowed", 2)]


def test_unknown_roles_can_be_refused():
    lint.refuse_unknown_roles(subject("@analysts reports\n").rules)
    with pytest.raises(PlacementError) as caught:
        lint.refuse_unknown_roles(subject("@analysts a\n@x a\n@y b\n").rules)
    assert [(found.code, found.place.line) for found in caught.value.problems] == [
        ("unknown-role", 2),
        ("unknown-role", 3),
    ]


def test_a_name_is_looked_up_once():
    asked = []
    text = "* reports\n" + "x: reports\n" * 9 + ":y reports\n@readers reports\n@readers reports if hour > 3\n"
    found = list(lint.unknown_users(subject(text), lambda name: asked.append(name) or name != "bob"))
    assert (sorted(asked), [each.place.line for each in found]) == (["ann", "bob", "x"], [12])


users, groups = ["root", "a.b", "c"], ["g", "h", "%us"]
queues = st.sampled_from(["root.x", "x", "%user", "root.%user", "root.x.%user", "x.c", "root.x.a_dot_b"])
queues |= st.sampled_from(["root.%primary_group", "root.%primary_group.c", "root.%primary_group%user"])
conditions = st.sampled_from([None, None, (">", "hour", 5.0), ("<", "hour", 9.0)])
targets = st.one_of(
    st.tuples(st.just(USER), st.sampled_from([*users, "er"])),
    st.tuples(st.just(GROUP), st.sampled_from(groups)),
    st.tuples(st.just(ROLE), st.sampled_from(["r", "s", "empty"])),
    st.just((EVERYONE, "")),
)
some_roles = st.fixed_dictionaries(
    {
        name: st.builds(Role, st.frozensets(st.sampled_from(users)), st.frozensets(st.sampled_from(groups)))
        for name in ("r", "s")
    }
).map(lambda roles: roles | {"empty": Role()})


def decisions(rules, scheduler):
    """What everybody of a small universe gets, for every request and hour, and what each may ask for."""
    in_groups = [(), *((group,) for group in groups), *combinations(groups, 2)]
    asked = [None, "x", "root.x", "c", "root.x.c", "root.c", "root.g.c", "root"]
    for user, memberships, hour in product([*users, "er"], in_groups, (3.0, 7.0, None)):
        found = list(candidates(rules, user, memberships, {"hour": hour}, scheduler))
        yield {queue for _, queue in found}
        for request in asked:
            chosen = choose(found, request, scheduler)
            yield chosen and chosen[1]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(targets, queues, conditions), min_size=2, max_size=6),
    some_roles,
    st.sampled_from(["fair", "capacity"]),
)
def test_without_a_rule_that_is_reported_everybody_gets_the_same(lines, roles, scheduler):
    written = tuple(
        Rule(*target, queue, line, "x: y", condition)
        for line, (target, queue, condition) in enumerate(lines, start=1)
        if scheduler == "fair" or "." in queue  # a leaf name and a path are shown apart without the tree
    )
    book = Rules("m", written, roles)
    checked = lint.Subject(book, scheduler)
    needless = {found.place.line for found in [*lint.shadowed(checked), *lint.duplicate_rules(checked)]}
    everything = list(decisions(book, scheduler)) if needless else []
    for line in needless:
        rest = tuple(rule for rule in written if rule.line != line)
        assert list(decisions(Rules("m", rest, roles), scheduler)) == everything
