"""What Hadoop's schedulers say, recorded by tests/cluster/test_hadoop_loader.py, and what of a policy that is about."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.hadoop_loader.complaints import Meant, in_words, meant
from placement.hadoop_loader.findings import Sources, findings
from placement.hadoop_loader.jvm import Answer
from placement.queues_file import reading
from placement.rules import grammar
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.configuration import Configuration
from tests.conftest import EXPECTED
from tests.hadoop_cases import FOLDER, cases


def recorded(scheduler):
    return json.loads((EXPECTED / FOLDER / f"{scheduler}.json").read_text())


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_what_each_complaint_is_about(expect, scheduler):
    lines = []
    for case in cases(scheduler):
        said, configuration = recorded(scheduler)[case.name], case.configuration()
        texts = [in_words(said["complaints"])] if said["complaints"] else said["log"]
        for text in texts:
            found = meant(text, configuration, said["log"])
            told = " ".join(filter(None, (found.queue, found.property, found.rule_queue))) or "the file"
            lines.append(f"{case.name}: {told}\n    {text}\n")
    expect(f"{FOLDER}/{scheduler}.txt", "".join(lines))


QUEUES = b"""\
defaults: {max-am-share: 0.3, fair: {reservation-agent: x}, capacity: {yarn.scheduler.capacity.resource-calculator: x}}
root: {per-user: {max-running: 3, except: {ann: 5}}}
queues:
  - name: a
    weight: 2
    maximum: {memory: 10g, yarn.io/tpu: 4}
    policy: drf
    capacity: {user-limit-factor: many}
    node-labels: {access: [gpu], shares: {gpu: {reserved: 60%}}}
    queues:
      - {name: x, reserved: 60%}
      - {name: y, reserved: 50%}
"""
MAP = b"* root.a.x\n:bi root.c.%user  # gone\n"


def spot(text, scheduler, queues, general=(), log=()):
    configuration = Configuration(scheduler, {"root": {}, **queues}, dict(general))
    rules, _ = grammar.parse(MAP, "map.txt")
    document = reading.read(QUEUES, "queues.yaml")
    sources = Sources(document.places, rules, MAP.decode().split("\n"))
    answer = Answer((f"java.io.IOException: {text}",), tuple(log), ())
    [problem] = findings(answer, configuration, sources)
    assert problem.code == "hadoop-refuses"
    found = problem.place
    return f"{found.file}:{found.line} {found.text[found.column - 1 :][:8]}".strip()


AM_SHARE, CALCULATOR = f"{PREFIX}maximum-am-resource-percent", f"{PREFIX}resource-calculator"


@pytest.mark.parametrize(
    ("text", "scheduler", "told", "expected"),
    [
        ("Error reading resource config", "fair", ("root.a", "maxResources", "x"), "queues.yaml:6 {memory:"),
        ("root.a: schedulingPolicy", "fair", ("root.a", "schedulingPolicy", "drf"), "queues.yaml:7 drf"),
        ('input string: "5"', "fair", (None, "user ann maxRunningApps", "5"), "queues.yaml:2 5}}}"),
        ('input string: "3"', "fair", (None, "userMaxAppsDefault", "3"), "queues.yaml:2 3, excep"),
        ("Illegal sum for children of queue a", "capacity", ("root.a", "", ""), "queues.yaml:11 - {name:"),
        ("Illegal weight=2.0 for queue=root.alabel=.", "capacity", ("root.a", "capacity", "2w"), "queues.yaml:5 2"),
        ("Illegal capacity of 60.0 for queue x", "capacity", ("root.a.x", "capacity", "60"), "queues.yaml:11 60%}"),
        ('input string: "many"', "capacity", ("root.a", "user-limit-factor", "many"), "queues.yaml:8 many}"),
        (
            "Illegal capacity of 60.0 for node-label=gpu in queue=root.a, valid",
            "capacity",
            ("root.a", "accessible-node-labels.gpu.capacity", "60"),
            "queues.yaml:9 60%}}}",
        ),
        ('input string: "0.3"', "capacity", (None, AM_SHARE, "0.3"), "queues.yaml:1 0.3, fai"),
        ("Class x not found", "capacity", (None, CALCULATOR, "x"), "queues.yaml:1 x}}"),
        ("Could get past last queue placement rule", "fair", ("root.a", "", ""), "map.txt:0"),
        ("Something new is wrong with queue root.a.y", "capacity", ("root.a.y", "", ""), "queues.yaml:12 y, reser"),
        ("Something new is wrong", "fair", ("root.a", "", ""), "queues.yaml:1 defaults"),
    ],
)  # fmt: skip
def test_a_complaint_stands_where_the_policy_says_it(text, scheduler, told, expected):
    queue, name, said = told
    properties = {name: said} if name else {}
    queues, general = ({queue: properties}, {}) if queue else ({}, properties)
    assert spot(text, scheduler, queues, general) == expected


def test_a_rule_is_found_by_its_queue():
    log = ["rule 'MappingRule{action=PlaceToQueueAction{queueName='root.c.%user',allowCreate=true}}'"]
    assert spot("No eligible parent found on path 'root.c.%user'.", "capacity", {}, log=log) == "map.txt:2 root.c.%"


def test_queues_that_are_not_created_and_warnings():
    document = reading.read(QUEUES, "queues.yaml")
    rules, _ = grammar.parse(MAP, "map.txt")
    configuration = Configuration("fair", {"root": {}, "root.a": {"schedulingPolicy": "fair"}, "root.a.x": {}})
    log = ("Can't create queue 'root.a.x'", "Can't create queue 'root.a.x'", "something of another part of Hadoop")
    found = findings(Answer((), log, ("root", "root.a")), configuration, Sources(document.places, rules, []))
    assert [(each.code, each.severity, each.place.line) for each in found] == [
        ("hadoop-leaves-out", "error", 11),
        ("hadoop-warns", "warning", 11),
    ]


TEXT = st.text(max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT, max_size=3), st.sampled_from(["fair", "capacity"]), st.dictionaries(TEXT, TEXT, max_size=3))
def test_no_words_are_too_strange(chain, scheduler, properties):
    configuration = Configuration(scheduler, {"root": properties}, properties)
    assert isinstance(meant(in_words(chain), configuration, chain), Meant)
