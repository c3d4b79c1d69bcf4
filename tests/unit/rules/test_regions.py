"""The values chosen between the constants of conditions, and whether a condition can hold, on small universes."""

from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from placement.rules.condition import FACTS, WEEKDAYS, holds
from placement.rules.grammar import parse
from placement.rules.regions import regions
from placement.rules.satisfiable import can_hold
from tests.unit.rules.test_grammar import all_conditions

EVERY = 10**6  # more regions than there are


def condition(text):
    return parse(f"* x if {text}\n".encode(), "m")[0].rules[0].condition


def test_regions_are_all_combinations_that_conditions_can_tell_apart():
    texts = ["memory > 64g", "memory > 1g", "hour in (8, 9) or memory > 64g", "not weekday == sun"]
    found, untried = regions([condition(text) for text in texts], EVERY)
    assert untried == 0
    assert len({truth for _, truth in found}) == len(found) == 10  # 3 of memory, 2 of hour (1 above 64g), 2 of weekday


def facts_to_try():
    whole = st.integers(0, 10**7).map(float)
    of_sorts = {"text": st.text(max_size=3), "weekday": st.sampled_from(WEEKDAYS), "number": whole}
    return {
        fact: st.none() | (st.integers(0, 23) if fact == "hour" else of_sorts.get(sort, whole | st.floats(0, 1e8)))
        for fact, sort in FACTS.items()
    }


@given(all_conditions, st.fixed_dictionaries(facts_to_try()))
def test_a_condition_that_holds_is_not_reported(condition, facts):
    assert can_hold(condition) or not holds(condition, facts)


def constants(condition):
    if condition[0] in ("and", "or"):
        return [each for inner in condition[1] for each in constants(inner)]
    if condition[0] == "not":
        return constants(condition[1])
    return [(condition[1], each) for each in (condition[2] if condition[0] == "in" else condition[2:])]


small = st.builds(
    lambda operator, fact, value: (operator, fact, value),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from(["hour", "vcores", "memory"]),
    st.integers(0, 8).map(lambda number: number / 2),
)
small_conditions = st.recursive(
    small
    | st.builds(
        lambda operator, value: (operator, "name", value), st.sampled_from(["==", "!="]), st.sampled_from("ab")
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(small_conditions)
@example(("and", ((">", "vcores", 1.0), ("<", "vcores", 2.0))))
@example(("and", ((">", "memory", 1.0), ("<", "memory", 1.5))))
@example(("==", "vcores", 2.5))
def test_a_condition_is_reported_exactly_if_no_facts_make_it_hold(condition):
    """Brute force over quarters from 0 to 5, which reach every region between halves from 0 to 4."""
    sizes = [None, *(number / 4 for number in range(21))]
    known = {"hour": [None, *range(24)], "vcores": [None, *range(6)], "memory": sizes, "name": [None, "a", "b", "c"]}
    asked = sorted({fact for fact, _ in constants(condition)})
    tried = (dict(zip(asked, each, strict=True)) for each in product(*(known[fact] for fact in asked)))
    assert can_hold(condition) == any(holds(condition, facts) for facts in tried)


@settings(deadline=None)
@given(small_conditions | all_conditions)
def test_a_condition_can_hold_exactly_if_it_does_in_some_region(condition):
    found, untried = regions([condition], EVERY)
    assume(untried == 0)
    assert can_hold(condition) == any(truth for _, (truth,) in found)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("hour > 23", False),
        ("hour == 7 and hour == 8", False),
        ("hour > 7 and hour < 8", False),
        ("command == a and command == b", False),
        ("command != a", True),
        ("not (command == a or command != a)", True),  # of an unknown command
        ("executors < 0", False),
        ("executors > 5 and executors < 6", False),
        ("executors > 5 and executors < 7", True),
        ("vcores > 2.5 and vcores < 3", False),
        ("vcores == 2.5", False),
        ("memory > 5g and memory < 6g", True),
        ("memory < 0g", False),
        ("duration > 0s and duration < 1s", True),
        ("weekday not in (mon, tue, wed, thu, fri, sat, sun)", True),  # of an unknown day
        ("weekday != mon and weekday not in (tue, wed, thu, fri, sat, sun)", False),
        ("memory > 5g and (memory < 1g or hour == 3)", True),
        ("memory > 1g and memory < 1.001g", True),
        ('name == "" and name in (a, b)', False),
    ],
)
def test_possible_and_impossible_conditions(text, possible):
    assert can_hold(condition(text)) is possible


@pytest.mark.parametrize("digits", ["9007199254740991", "9007199254740992", "9007199254740993", "9" * 300])
@pytest.mark.parametrize("fact", ["executors", "memory"])
def test_there_are_values_around_the_largest_numbers(fact, digits):
    unit = "m" * (fact == "memory")
    for operator in ("<", "==", ">"):
        assert can_hold(condition(f"{fact} {operator} {digits}{unit}"))


@pytest.mark.parametrize(("fact", "unit"), [("executors", ""), ("memory", "g")])
def test_a_number_too_large_for_the_machine_is_as_large_as_any(fact, unit):
    infinite = f"{'9' * 400}{unit}"
    assert can_hold(condition(f"{fact} > 1{unit} and {fact} < {infinite}"))
    assert not can_hold(condition(f"{fact} > {infinite}"))


def different(one, other):
    """Exactly one of two conditions: nothing can be said of it before both are known."""
    return ("or", (("and", (one, ("not", other))), ("and", (("not", one), other))))


def test_a_condition_too_entangled_to_say_is_taken_to_be_possible():
    odd = [
        ("or", (("==", fact, 1.0), ("==", fact, 3.0), ("==", fact, 5.0), ("<", fact, 0.5)))
        for fact in ("executors", "vcores", "memory", "input", "duration")
    ] + [("==", fact, "x") for fact in ("command", "name", "deploy_mode")]
    assert not can_hold(("and", (odd[0], ("not", odd[0]))))
    while len(odd) > 1:
        odd = [different(one, other) for one, other in zip(odd[::2], odd[1::2], strict=True)]
    assert can_hold(("and", (odd[0], ("not", odd[0]))))  # wrong, but on the safe side
