import json

import pytest

from placement.decision import decide
from placement.submission import Reading
from tests.unit.builders import policy, submission


def decided(**asked):
    return decide(submission(**asked), policy(), "00" * 8)


CASES = {
    "first match": ({}, "run", "first-match", "root.applications.prod"),
    "allowed request": ({"queue": "root.applications.dev"}, "run", "request-allowed", "root.applications.dev"),
    "request without root": ({"queue": "applications.dev"}, "run", "request-allowed", "root.applications.dev"),
    "default is no request": ({"queue": "default"}, "run", "first-match", "root.applications.prod"),
    "an empty name is no request": ({"queue": ""}, "run", "first-match", "root.applications.prod"),
    "root.default is a request": ({"queue": "root.default"}, "reject", "request-denied", None),
    "denied request": ({"groups": ["dev"], "queue": "root.applications.prod"}, "reject", "request-denied", None),
    "no rule": ({"user": "carol", "groups": ["users"]}, "reject", "no-rule", None),
    "no rule, with a request": ({"user": "carol", "groups": [], "queue": "root.x"}, "reject", "no-rule", None),
}


@pytest.mark.parametrize("case", CASES)
def test_outcome(case):
    asked, outcome, reason, queue = CASES[case]
    decision = decided(**asked)
    assert (decision.outcome, decision.reason, decision.queue) == (outcome, reason, queue)


def test_what_submits_nothing_passes_without_a_rule():
    reading = Reading("spark-submit", ["--version"]).passes("shows its version")
    decision = decide(submission(user="nobody", groups=[], command=reading), policy(), "00" * 8)
    assert (decision.outcome, decision.reason, decision.message) == ("pass", "submits-nothing", "shows its version")


def test_the_queue_is_spelled_as_the_fair_scheduler_knows_it():
    # `--queue default` would be no request to the ResourceManager; `root.default` is one
    assert decide(submission(), policy("* default"), "00" * 8).queue == "root.default"


def test_the_queue_of_the_capacity_scheduler_stays_as_written():
    assert decide(submission(), policy("* prod", scheduler="capacity"), "00" * 8).queue == "prod"


def test_a_refusal_names_the_request_the_file_and_what_is_allowed(expect):
    denied = decided(queue="root.applications.pord")
    nobody = decided(user="carol", groups=["users", "audio"])
    expect("decision/refusals.txt", f"{denied.message}\n{nobody.message}\n")


def test_a_leaf_that_could_be_several_queues_is_refused_with_their_paths():
    rules = "alice: root.a.dev\nalice: root.b.dev\nalice: root.c\nalice: root.a.dev"
    decision = decide(submission(queue="dev"), policy(rules, scheduler="capacity"), "00" * 8)
    assert (decision.outcome, decision.reason, decision.queue) == ("reject", "request-ambiguous", None)
    assert decision.message == "`dev` (--queue) could be `root.a.dev` or `root.b.dev`; ask for one of them by its path"


def test_the_decision_as_data(expect):
    data = decided(queue="root.applications.dev").as_data()
    expect("decision/run.json", json.dumps(data, indent=2) + "\n")


def test_allowed_queues_stand_once():
    decision = decide(submission(), policy("* a\n* root.a\n* b\n"), "00" * 8)
    assert decision.candidates == ("root.a", "root.a", "root.b")
    assert decision.allowed == ("root.a", "root.b")


def test_the_closest_spelling_is_that_of_the_whole_path():
    rules = policy("alice: root.x.leaf\nalice: root.y.leaf")
    for asked in ("y.leef", "root.y.leef"):
        assert "did you mean `root.y.leaf`?" in decide(submission(queue=asked), rules, "00" * 8).message
