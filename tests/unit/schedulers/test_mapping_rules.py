"""The map as mapping rules of the capacity scheduler, and back."""

import json

import pytest
from hypothesis import given, settings

from placement.schedulers.capacity.mapping_rules import PROPERTIES, lines, of
from placement.schedulers.configuration import GATEWAY
from tests.unit.schedulers.placing import DOCUMENT, PATHS, maps, rules_of

WITHOUT_DEFAULT = [path for path in PATHS if path != "root.default"]
FORMAT, INLINE, IN_A_FILE, LEGACY, BY_NAME = PROPERTIES[:5]


def placed(map_text):
    """The JSON rules between the one for requests and the one that rejects the rest; and the shortfalls."""
    general, shortfalls = of(rules_of(map_text), DOCUMENT.hierarchy)
    first, *between, last = json.loads(general[INLINE])["rules"]
    assert general[FORMAT] == "json"
    assert general["yarn.scheduler.capacity.queue-mappings-override.enable"] == "true"
    assert (first["policy"], first["fallbackResult"]) == ("specified", "skip")
    assert last == {"type": "user", "matches": "*", "policy": "reject"}
    return between, shortfalls


def matched(map_text):
    return [(rule["type"], rule["matches"], rule.get("customPlacement")) for rule in placed(map_text)[0]]


def test_rules_count_in_order_and_only_for_those_who_ask_for_nothing():
    assert matched("bob: root.default\n:etl root.apps.prod\n* root.users.%user\n") == [
        ("user", "bob%specified", "root.default"),
        ("group", "etl%specified", "root.apps.prod"),
        ("application", "%application%specified", "root.users.%user"),
    ]


def test_a_role_is_its_members():
    assert matched("@staff root.default") == [
        ("user", "ann%specified", "root.default"),
        ("group", "bi%specified", "root.default"),
    ]


def test_only_the_first_rule_of_a_target_is_written_and_none_behind_that_for_everyone():
    assert matched("bob: root.default\nbob: root.apps.dev\n* root.default\n:etl root.apps.prod\n") == [
        ("user", "bob%specified", "root.default"),
        ("application", "%application%specified", "root.default"),
    ]


def test_a_rule_with_a_condition_is_left_to_the_gateway():
    rules, (shortfall,) = placed("bob: root.default if hour > 3\n")
    assert not rules
    assert (shortfall.line, shortfall.enforced_by) == (1, GATEWAY)


@pytest.mark.parametrize("queue", ["root.nosuch", "root.apps", "root", "root.default.%user", "root.no.%user", "x%user"])
def test_where_nothing_can_run_nobody_is_sent(queue):
    rules, shortfalls = placed(f"bob: {queue}\n:etl root.default\n")
    assert [rule["policy"] for rule in rules] == ["reject", "custom"]
    assert [each.line for each in shortfalls] == [1]


@pytest.mark.parametrize("queue", ["root.users.nightly", "root.users.a.b", "root.users.%user", "%user", "apps.prod"])
def test_a_queue_that_is_there_or_is_created_is_named(queue):
    assert placed(f":etl {queue}")[0][0]["policy"] == "custom"


def test_a_name_that_the_scheduler_would_fill_in_is_not_written():
    rules, (shortfall,) = placed('"%user": root.default\n')
    assert not rules
    assert "%user" in shortfall.why


def test_that_others_queues_can_be_asked_for_is_said():
    (shortfall,) = placed("* root.users.%user")[1]
    assert shortfall.said.endswith("its own queue alone")


TARGETS = ["*", "bob:", ":etl", "@staff", '"%user":', '":x":', "first.last:", ':"*"']
QUEUE_TEXTS = [
    "root.default",
    "root.apps",
    "root.apps.prod",
    "dev",
    "root.no",
    "root.users.%user",
    "%user",
    "root.%user",
]
QUEUE_TEXTS += ["root.users.a.b.c", "root.%primary_group.%user", "root.default.%user", "root.users.x%user"]
MAPS = maps(TARGETS, QUEUE_TEXTS, 8)


@settings(deadline=None)
@given(MAPS)
def test_no_rule_names_a_queue_that_keeps_the_scheduler_from_starting(map_text):
    for rule in placed(map_text)[0]:
        queue = rule.get("customPlacement", "root.default")
        static = queue.partition("%")[0].removesuffix(".")
        found = DOCUMENT.hierarchy.find(static)
        if "%" not in queue:
            assert found.is_leaf if found else DOCUMENT.hierarchy.chain(queue)
        elif static:
            assert found is None or not found.is_leaf
            assert found or DOCUMENT.hierarchy.find(static.rpartition(".")[0]).auto_create
        assert rule["matches"].endswith("%specified")


@settings(deadline=None)
@given(MAPS)
def test_an_import_gives_lines_that_place_the_same(map_text):
    first = of(rules_of(map_text), DOCUMENT.hierarchy)[0]
    written, _ = lines(first, PATHS)
    second = of(rules_of("\n".join(written)), DOCUMENT.hierarchy)[0]
    kept = [rule for rule in json.loads(first[INLINE])["rules"][1:-1] if rule["policy"] != "reject"]
    assert json.loads(second[INLINE])["rules"][1:-1] == kept


def of_json(*rules, **more):
    """Of a tree without `root.default`, to which the rest goes."""
    return lines({FORMAT: "json", INLINE: json.dumps({"rules": rules}), **more}, WITHOUT_DEFAULT)


def codes(problems):
    assert all(problem.severity == "warning" for problem in problems)
    return [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"type": "user", "matches": "*", "policy": "specified"}, []),
        ({"type": "user", "matches": "*", "policy": "defaultQueue"}, ["* root.default"]),
        ({"type": "user", "matches": "bob", "policy": "custom", "customPlacement": "prod"}, ["bob: root.apps.prod"]),
        ({"type": "group", "matches": "a b", "policy": "user", "parentQueue": "users"}, [':"a b" root.users.%user']),
        ({"type": "user", "matches": "*", "policy": "user"}, ["* %user"]),
        ({"type": "user", "matches": "*", "policy": "primaryGroup", "parentQueue": "root"}, ["* root.%primary_group"]),
        (
            {"type": "user", "matches": "*", "policy": "primaryGroupUser", "parentQueue": "root"},
            ["* root.%primary_group.%user"],
        ),
    ],
)
def test_what_a_line_can_say(rule, expected):
    written, problems = of_json(rule)
    assert (written, codes(problems)) == (expected, [])


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "user", "matches": "*", "policy": "reject"},
        {"type": "user", "matches": "bob", "policy": "reject"},
        {"type": "user", "matches": "bob", "policy": "specified"},
        {"type": "user", "matches": "*", "policy": "secondaryGroup", "parentQueue": "root"},
        {"type": "user", "matches": "*", "policy": "setDefaultQueue", "value": "root.apps.prod"},
        {"type": "user", "matches": "*", "policy": "custom", "customPlacement": "root.%application"},
        {"type": "user", "matches": "*", "policy": "custom"},
        {"type": "user", "matches": "%primary_group", "policy": "defaultQueue"},
        {"type": "application", "matches": "etl", "policy": "defaultQueue"},
        {"type": "user", "matches": 'a"b', "policy": "defaultQueue"},
        {"type": "user", "policy": "defaultQueue"},
        {"type": "user", "matches": "\ud800", "policy": "defaultQueue"},
        {},
    ],
)
def test_what_no_line_can_say_is_said(rule):
    written, problems = of_json(rule)
    assert (written, codes(problems)) == ([], ["rule-left-out"])


def test_rules_behind_one_that_rejects_everybody_are_left_out():
    reject = {"type": "user", "matches": "*", "policy": "reject"}
    written, problems = of_json(reject, {"type": "user", "matches": "*", "policy": "defaultQueue"})
    assert (written, codes(problems)) == ([], ["rule-left-out", "rule-left-out"])


def test_that_everybody_is_rejected_is_no_news_behind_a_rule_for_everybody():
    everybody, bob = {"type": "user", "matches": "*"}, {"type": "user", "matches": "bob"}
    rules = [bob | {"policy": "defaultQueue"}, everybody | {"policy": "defaultQueue"}, everybody | {"policy": "reject"}]
    assert of_json(*rules) == (["bob: root.default", "* root.default"], [])


@pytest.mark.parametrize(
    ("general", "expected"),
    [
        ({}, ["* root.default"]),
        ({LEGACY: "u:bob:prod"}, ["bob: root.apps.prod", "* root.default"]),
        ({LEGACY: "u:%user:%user"}, ["* %user"]),
        ({FORMAT: "json", IN_A_FILE: "/etc/hadoop/rules.json"}, []),
        ({LEGACY: "u:bob"}, []),
    ],
)
def test_whom_no_rule_is_for_goes_to_the_queue_called_default(general, expected):
    assert lines(general, PATHS)[0] == expected
    assert "* root.default" not in lines(general, WITHOUT_DEFAULT)[0]


def test_that_requests_were_overridden_is_said():
    rule = {"type": "user", "matches": "*", "policy": "defaultQueue"}
    written, problems = of_json(rule, **{PROPERTIES[-1]: "True"})
    assert (written, codes(problems)) == (["* root.default"], ["rule-approximated"])


def test_the_old_form():
    general = {LEGACY: "u:bob:prod, g:etl:root.apps.dev,u:%user:%user,u:x:y:z", BY_NAME: "nightly:root.default"}
    written, problems = lines(general, PATHS)
    assert written == ["bob: root.apps.prod", ":etl root.apps.dev", "* %user"]
    assert codes(problems) == ["rules-unreadable", "rule-left-out"]


@pytest.mark.parametrize("text", ["{", "[]", '{"rules": 3}', '{"rules": [3]}', "[" * 100_000, "null"])
def test_rules_that_are_none(text):
    assert codes(lines({FORMAT: "json", INLINE: text}, PATHS)[1]) == ["rules-unreadable"]


def test_rules_in_a_file_are_not_read():
    written, problems = lines({FORMAT: "json", IN_A_FILE: "/etc/hadoop/rules.json"}, PATHS)
    assert (written, codes(problems)) == ([], ["rules-elsewhere"])
