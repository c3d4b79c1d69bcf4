"""The map as placement rules of the fair scheduler, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from placement.schedulers.fair import placement_policy
from placement.schedulers.fair.placement_rules import PROPERTIES, lines, of
from tests.unit.schedulers.placing import DOCUMENT, PATHS, maps, rules_of

(POLICY,) = PROPERTIES
KEPT, CREATED = '<rule name="specified" create="false"/>', '<rule name="specified" create="true"/>'
REJECT = '<rule name="reject"/>'


def placed(map_text):
    general, shortfalls = of(rules_of(map_text), DOCUMENT.hierarchy)
    return general[POLICY].removeprefix(f"<{POLICY}>").removesuffix(f"</{POLICY}>"), shortfalls


def default(queue, create="true"):
    return f'<rule name="default" queue="{queue}" create="{create}"/>'


def nested(parent, create):
    return f'<rule name="nestedUserQueue" create="{create}">{parent}</rule>'


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("* root.default", default("root.default")),
        ("* root.users.%user", nested(default("root.users"), "true")),
        ("* root.apps.%user", nested(default("root.apps", "false"), "false") + REJECT),
        ("* root.%user", '<rule name="user" create="false"/>' + REJECT),
        ("* root.%primary_group", '<rule name="primaryGroup" create="false"/>' + REJECT),
        (
            "* root.users.%primary_group",
            f'<rule name="primaryGroup" create="true">{default("root.users")}</rule>',
        ),
        (
            "* root.%primary_group.%user",
            nested('<rule name="primaryGroup" create="false"/>', "true") + REJECT,
        ),
        ("* root.nosuch", REJECT),
        ("* root.apps", REJECT),
        ("* root.%user.x", REJECT),
        ("bob: root.default", REJECT),
        ("* root.default if hour > 3", REJECT),
        ("bob: root.apps.dev\n* root.default\n* root.apps.prod", default("root.default")),
    ],
)
def test_whoever_asks_for_nothing(rule, expected):
    assert placed(rule)[0] == KEPT + expected


def test_queues_created_on_demand_can_be_asked_for_where_a_rule_but_the_last_leads_there():
    text, shortfalls = placed("* root.default\n* root.users.%user\n")
    assert text == CREATED + default("root.default")
    assert any(each.said.endswith("its own queue alone") for each in shortfalls)


def test_rules_for_some_are_left_to_the_gateway():
    _, shortfalls = placed("bob: root.default\n@staff root.apps.dev\n* root.default\n:etl root.default\n")
    assert [each.line for each in shortfalls] == [1, 2, 0]


TARGETS = ["*", "bob:", ":etl", "@staff"]
QUEUE_TEXTS = ["root.default", "root.apps", "root.no", "root.users.%user", "%user", "root.%user", "root.apps.%user"]
QUEUE_TEXTS += ["root.%primary_group.%user", "root.users.%primary_group", "root.users.x%user", "root.users.x.y"]


@settings(deadline=None)
@given(maps(TARGETS, QUEUE_TEXTS, 6))
def test_the_scheduler_takes_the_rules(map_text):
    text, _ = placed(map_text)
    assert not placement_policy.faults(etree.fromstring(f"<{POLICY}>{text}</{POLICY}>"))


@settings(deadline=None)
@given(st.sampled_from(QUEUE_TEXTS))
def test_an_import_gives_the_line_back(queue):
    text, _ = placed(f"* {queue}\n")
    written, _ = lines({POLICY: f"<{POLICY}>{text}</{POLICY}>"}, PATHS)
    assert not written or placed(written[0])[0] == text


def imported(rules):
    written, problems = lines({POLICY: f"<{POLICY}>{rules}</{POLICY}>"}, PATHS)
    assert all(problem.severity == "warning" for problem in problems)
    return written, [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (KEPT + default("root.apps.prod"), ["* root.apps.prod"]),
        (KEPT + '<rule name="default"/>', ["* root.default"]),
        (KEPT + '<rule name="default" queue="apps.prod"/>', ["* root.apps.prod"]),
        (KEPT + '<rule name="user" create="false"/>' + REJECT, ["* root.%user"]),
        (KEPT + '<rule name="primaryGroup" create="false"/>' + REJECT, ["* root.%primary_group"]),
        (KEPT + nested(default("root.users"), "true"), ["* root.users.%user"]),
    ],
)
def test_what_a_line_can_say(rules, expected):
    assert imported(rules) == (expected, [])


@pytest.mark.parametrize(
    "rule",
    [
        CREATED,
        '<rule name="specified"/>',
        '<rule name="secondaryGroupExistingQueue"/>',
        '<rule name="user" create="false"/>',
        '<rule name="default" queue="root.no" create="false"/>',
        '<rule name="default" queue="a b"/>',
        '<rule name="nestedUserQueue"><rule name="secondaryGroupExistingQueue"/></rule>',
        '<rule name="no"/>',
        "<rule/>",
    ],
)
def test_what_no_line_can_say_is_said(rule):
    assert imported(KEPT + rule) == ([], ["rule-left-out"])


def test_that_whoever_asks_for_nothing_is_refused_is_said():
    assert imported(KEPT + REJECT) == ([], ["rule-left-out"])
    assert imported(REJECT) == ([], ["rule-left-out"])


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ('<rule name="user"/>', "* root.%user"),
        ('<rule name="primaryGroup"/>', "* root.%primary_group"),
        ('<rule name="nestedUserQueue"><rule name="primaryGroup"/></rule>', "* root.%primary_group.%user"),
        (nested(default("root.apps"), "true"), "* root.apps.%user"),
    ],
)
def test_that_queues_are_created_around_others_is_said(rule, line):
    assert imported(KEPT + rule) == ([line], ["rule-approximated"])


def test_that_requests_count_for_nothing_is_said():
    assert imported(default("root.default")) == (["* root.default"], ["rule-approximated"])
    assert imported('<rule name="user" create="false"/>' + KEPT + REJECT)[1][-1] == "rule-approximated"


@pytest.mark.parametrize("text", ["<", "<a></b>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_rules_that_cannot_be_read(text):
    assert [problem.code for problem in lines({POLICY: text}, PATHS)[1]] == ["rules-unreadable"]


def test_without_rules_the_scheduler_goes_by_another_file():
    written, (problem,) = lines({}, PATHS)
    assert (written, problem.code) == ([], "rules-elsewhere")
