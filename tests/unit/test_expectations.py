import pytest

from placement.errors import PlacementError
from placement.expectations import read, run
from placement.policy import Policy, Site
from placement.queues.tree import Tree
from placement.rules.grammar import parse

FAULTY = {
    "shapes": b"- {user: ann, expect: a}\n- {user: 7, groups: bi, expect: [a]}\n- ann\n",
    "missing": b"- {groups: [bi]}\n- {user: '', expect: ''}\n",
    "unknown-keys": b"- {user: ann, expects: a, expect: b}\n- {user: ann, expect: b, zzz: 1}\n",
    "unknown-facts": b"- user: ann\n  expect: a\n  facts: {memroy: 5g, zzzz: 1}\n",
    "bad-facts": (
        b"- user: ann\n  expect: a\n  facts:\n    memory: 5\n    duration: 2x\n    hour: 24\n    weekday: t\n"
        b"    command: 3\n    executors: yes\n    vcores: -1\n    input: .inf\n"
    ),
    "no-list": b"user: ann\nexpect: a\n",
    "a-sentence": b"- {user: ann, expect: not there}\n",
}
MAP = """\
:etl  root.batch.large  if memory > 200g
:etl  root.batch.small
:etl  root.adhoc
ann:  root.adhoc        if weekday == monday and hour < 9
zoe:  root.adhoc
"""


def report(cases, text=MAP, scheduler="fair", tree=None, **site):
    rules, _ = parse(text.encode(), "map.txt")
    policy = Policy(rules, Site(scheduler=scheduler, **site), "000000000000")
    return run(read(cases.encode(), "expectations.yaml"), rules, policy, tree)


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_file_names_every_spot_and_what_to_do(case, expect):
    with pytest.raises(PlacementError) as caught:
        read(FAULTY[case], "expectations.yaml")
    assert all(problem.remedy and problem.place for problem in caught.value.problems)
    expect(f"expectations/{case}.txt", f"{caught.value}\n")


def test_an_empty_file_has_no_cases():
    assert read(b"# none yet\n", "e") == []


def test_facts_are_in_the_units_of_conditions():
    text = b"- user: a\n  expect: b\n  facts: {memory: 64g, duration: 2h, hour: 9, weekday: Mon, command: x, input:}\n"
    (case,) = read(text, "e")
    assert case.facts == {
        "memory": 65536.0,
        "duration": 7200.0,
        "hour": 9.0,
        "weekday": "monday",
        "command": "x",
        "input": None,
    }


PASSING = {
    "a queue": "{user: x, groups: [etl], expect: root.batch.small}",
    "without root": "{user: x, groups: [etl], expect: batch.small}",
    "a fact": "{user: x, groups: [etl], facts: {memory: 201g}, expect: root.batch.large}",
    "several facts": "{user: ann, facts: {weekday: monday, hour: 8}, expect: root.adhoc}",
    "a request": "{user: x, groups: [etl], queue: adhoc, expect: root.adhoc}",
    "denied": "{user: x, groups: [etl], queue: root.batch.large, expect: denied}",
    "nobody": "{user: x, expect: no-rule}",
    "a fact that is not known": "{user: ann, facts: {weekday: monday}, expect: no-rule}",
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes(case):
    (result,) = report(f"- {PASSING[case]}\n").results
    assert result.is_passed, str(result)


def test_a_failing_case_says_what_came_and_why(expect):
    cases = """\
- {user: x, groups: [etl], expect: root.batch.large}
- {user: x, groups: [etl], queue: root.nowhere, expect: root.adhoc, name: a request}

- user: nobody
  expect: root.adhoc
- {user: zoe, expect: denied}
- {user: zoe, expect: no-rule}
- {user: zoe, queue: root.x, expect: no-rule}
- {user: nobody, expect: denied}
"""
    found = report(cases)
    assert found.failed == found.results
    expect("expectations/failures.txt", "".join(f"{result}\n" for result in found.failed))


def test_rules_that_decide_no_case_are_named():
    found = report("- {user: x, groups: [etl], expect: root.batch.small}\n")
    assert found.idle_lines() == [
        "map.txt:1: no case lands here",
        "map.txt:3: no case lands here (1 could ask for its queue)",
        "map.txt:4: no case lands here",
        "map.txt:5: no case lands here",
    ]


def test_a_leaf_name_is_its_path_under_the_capacity_scheduler():
    tree = Tree(["root.a.small", "root.b.large", "root.c.large"])
    cases = "- {user: x, expect: root.a.small}\n- {user: x, expect: small}\n"
    assert not report(cases, "* small\n", "capacity", tree).failed
    assert report("- {user: x, expect: root.b.small}\n", "* small\n", "capacity", tree).failed


def test_groups_come_from_the_static_list_if_the_case_has_none():
    static = {"x": ("etl",)}
    cases = "- {user: x, expect: root.batch.small}\n- {user: x, groups: [], expect: no-rule}\n"
    assert not report(cases, groups="static", static_groups=static).failed
    assert len(report(cases).failed) == 1
