"""`placement impact` from the outside."""

import json
import tempfile
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from placement.decision import decide
from placement.policy import Policy, Site
from placement.policy_files import PolicyFiles
from placement.submission import Identity, Request, Submission


@pytest.fixture
def impact(run):
    """`impact(arguments...)`: exit status, standard output and standard error of `placement impact ARGUMENTS`."""
    return lambda *arguments: run("impact", *arguments)


@pytest.fixture
def folders(tmp_path):
    """`folders(old, new)`: arguments that name two policies with these maps."""

    def write(old, new, site=("", ""), queues=("", "")):
        return written(tmp_path, {"map.txt": (old, new), "site.yaml": site, "queues.yaml": queues})

    return write


def written(path, files):
    """Writes each file of two policies below `path`; the arguments that name them."""
    for number, name in enumerate(("old", "new")):
        (path / name).mkdir(exist_ok=True)
        for file, texts in files.items():
            (path / name / file).write_text(texts[number])
    return ["--from", path / "old", "--to", path / "new"]


def test_no_change_is_proved(impact, folders):
    found = impact(*folders("a: root.x\nb: root.y\n", "b: root.y\na: root.x\n"))
    assert found == (0, "no change: every user, group, request and condition ends as before (proved)\n", "")


def test_changes_are_told_with_somebody_they_happen_to(impact, folders):
    old = ":dev root.dev\n:prod root.prod\n* root.x if memory > 64g\n"
    new = ":prod root.prod\n:dev root.dev\n:qa root.qa\n* root.x\n"
    status, out, err = impact(*folders(old, new))
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        "without a request for a queue:",
        "  everyone for whom no other rule decides, under some conditions: refused (no rule) -> `root.x`",
        "    e.g. user `someone` in {}: refused -> `root.x` (line 4)",
        "  members of `qa`, under some conditions: refused (no rule) -> `root.qa`",
        "    e.g. user `someone` in {`qa`}: refused -> `root.qa` (line 3)",
        "  members of all of `dev` and `prod`: `root.dev` -> `root.prod`",
        "    e.g. user `someone` in {`dev`, `prod`}: `root.dev` (line 1) -> `root.prod` (line 1)",
        "  members of `qa`, under some conditions: `root.x` -> `root.qa`",
        "    e.g. user `someone` in {`qa`}, memory 128g: `root.x` (line 3) -> `root.qa` (line 3)",
        "with a request for a queue:",
        "  everyone, under some conditions: `root.x` was denied and is allowed",
        "    e.g. user `someone` in {}, asking for `root.x`: refused -> `root.x` (line 4)",
        "  members of `qa`: `root.qa` was denied and is allowed",
        "    e.g. user `someone` in {`qa`}, asking for `root.qa`: refused -> `root.qa` (line 3)",
    ]


def test_changes_as_data(impact, folders):
    status, out, _ = impact(*folders("a: root.x\n", "a: root.y\n"), "--json")
    data = json.loads(out)
    assert (status, data["verdict"], data["not_compared"], data["replay"]) == (1, "different", [], None)
    assert data["changes"][0] == {
        "kind": "moved",
        "who": [{"kind": "user", "names": ["a"]}],
        "request": None,
        "from": "root.x",
        "to": "root.y",
        "always": True,
        "witness": {
            "user": "a",
            "groups": [],
            "facts": {},
            "request": None,
            "from": {"queue": "root.x", "line": 1},
            "to": {"queue": "root.y", "line": 1},
        },
    }


def test_what_is_not_compared_is_not_called_equal(impact, folders):
    status, out, _ = impact(*folders("* root.x\n", "* root.x\n", ("groups: process\n", "groups: name-service\n")))
    assert (status, out.splitlines()) == (
        1,
        [
            "no change was found, but not all was compared",
            "not compared: site.yaml: where groups come from (`groups` changes)",
        ],
    )


@pytest.mark.parametrize("key", sorted({*Site.__slots__} - {"scheduler"}))
def test_no_setting_of_the_site_changes_unsaid(impact, folders, monkeypatch, key):
    arguments = folders("* root.x\n", "* root.x\n")
    sites = {str(arguments[1]): Site(), str(arguments[3]): Site()}
    setattr(sites[str(arguments[3])], key, "another")
    monkeypatch.setattr(PolicyFiles, "site", lambda folder: sites[folder.path])
    status, out, _ = impact(*arguments)
    assert (status, f"(`{key.replace('_', '-')}` changes)" in out) == (1, True)


def test_many_changes_are_counted_rather_than_printed(impact, folders):
    old = "".join(f"u{n}: root.q{n}\n" for n in range(30))
    _, out, _ = impact(*folders(old, old.replace("root.q", "root.r")))
    assert out.count("  and 10 more changes") == 1
    old = "".join(f"u{n}: root.q\n" for n in range(30))
    _, out, _ = impact(*folders(old, old.replace("root.q", "root.r")))
    assert "  the users `u0`, `u1`, `u2`, `u3`, `u4` and 25 more: `root.q` -> `root.r`" in out


def test_a_policy_that_cannot_be_read(impact, folders):
    status, _, err = impact(*folders("a: root.x\n", "etl root.x\n"))
    assert status == 78
    assert "error[bare-word]" in err


def record(user, groups, request=None, facts=None, **more):
    asked = {"queue": request, "source": "--queue"} if request is not None else None
    return json.dumps({"identity": {"user": user, "groups": groups}, "request": asked, "facts": facts} | more)


RECORDS = [
    record("ann", ["dev"]),
    record("ann", ["dev"]),
    record("bob", ["dev"], "root.dev"),
    record("cid", ["ops"], "root.new"),
    record("dan", ["ops"], facts={"memory": 1024}),
    record("dan", ["ops"], facts={"memory": 99999, "moon": "full"}),
    record("eve", ["dev"], "default"),
    record("fay", [], outcome="pass"),
    "",
    "{",
    "[1]",
    '{"identity": {"user": 7, "groups": []}}',
    '{"identity": {"user": "x", "groups": "dev"}}',
    record("x", [], facts={"memory": "much"}),
    record("x", [], facts=[1]),
    '{"identity": {"user": "x", "groups": []}, "request": 7}',
    "[" * 100_000,
]
OLD, NEW = (
    ":dev root.dev\n:ops root.ops\n",
    ":dev root.batch\n:ops root.large if memory > 64g\n:ops root.ops\n* root.new\n",
)


def test_recorded_decisions_are_decided_again(impact, folders, tmp_path):
    (tmp_path / "audit.jsonl").write_text("\n".join(RECORDS))
    status, out, err = impact(*folders(OLD, NEW), "--audit", tmp_path / "audit.jsonl")
    lines = out.splitlines()
    assert (status, err) == (1, "")
    assert lines[lines.index("recorded decisions: 6 of 7 would end otherwise") + 1 :] == [
        "  2 times: `ann` moves from `root.dev` to `root.batch`",
        "  1 time: `cid` asking for `root.new` would run in `root.new`, was refused",
        "  1 time: `dan` moves from `root.ops` to `root.large`",
        "  1 time: `eve` moves from `root.dev` to `root.batch`",
        "  1 time: `bob` asking for `root.dev` would be refused, was in `root.dev`",
        "  1 submitted nothing and was left out",
        "  5 have no facts: for conditions, all was taken as not known",
        "  line 10: expected one JSON object a line",
        "  line 11: expected an object, as `placement decide --json` prints it",
        "  line 12: expected `identity` with a `user`",
        "  line 13: expected `identity` with a list of `groups`",
        "  line 14: expected the fact `memory` to be a number",
        "  line 15: expected `facts` to be an object",
        "  line 16: expected `request` to be null, or to have a `queue`",
        "  line 17: expected one JSON object a line",
    ]


def test_recorded_decisions_as_data(impact, folders, tmp_path):
    (tmp_path / "audit.jsonl").write_text("\n".join(RECORDS))
    _, out, _ = impact(*folders(OLD, NEW), "--json", "--audit", tmp_path / "audit.jsonl")
    replayed = json.loads(out)["replay"]
    assert {key: replayed[key] for key in ("decided", "passed", "without_facts", "bad_count")} == {
        "decided": 7,
        "passed": 1,
        "without_facts": 5,
        "bad_count": 8,
    }
    assert replayed["cases"][0] == {
        "kind": "moved", "user": "ann", "request": None, "from": "root.dev", "to": "root.batch", "count": 2,
    }  # fmt: skip


def test_an_audit_file_that_is_not_there(impact, folders):
    status, _, err = impact(*folders(OLD, NEW), "--audit", "/nowhere.jsonl")
    assert status == 64
    assert "/nowhere.jsonl" in err


def test_another_executable_in_the_place_of_the_map_is_never_proved_equal(impact, folders):
    site = ("", "policy: {exec: /opt/theirs/policy}\n")
    status, out, _ = impact(*folders("* root.x\n", "* root.x\n", site))
    assert status == 1
    assert "which executable decides in the place of the map" in out
    assert "(proved)" not in out


def test_what_an_executable_decides_is_not_compared(impact, folders, tmp_path):
    (tmp_path / "audit.jsonl").write_text(record("ann", []))
    site = ("policy: {exec: /opt/theirs/policy}\n",) * 2
    status, out, _ = impact(*folders("* root.x\n", "* root.y\n", site), "--audit", tmp_path / "audit.jsonl")
    assert (status, out.splitlines()) == (
        1,
        [
            "no change was found, but not all was compared",
            "not compared: who ends where, recorded decisions included: an executable decides in the place of a map "
            "(`policy`)",
        ],
    )


CAPACITY = ("scheduler: capacity\n",) * 2
TREE = """
roles:
  r: {users: [u], groups: [g]}
queues:
  - {name: applications, queues: [{name: dev}, {name: prod}, {name: twin}]}
  - {name: other, queues: [{name: twin}, {name: qa}]}
  - {name: users}
"""
MOVED_TREE = TREE.replace("{name: dev}, ", "").replace("{name: qa}", "{name: dev}")
NO_TREE = TREE[: TREE.index("queues:")]
LEAF, PATH = ":dev dev\n* prod\n", ":dev root.applications.dev\n* root.applications.prod\n"


@pytest.mark.parametrize(("old", "new"), [(LEAF, PATH), (PATH, LEAF), (LEAF, LEAF)])
def test_a_leaf_is_the_path_that_the_tree_gives_it(impact, folders, old, new):
    assert impact(*folders(old, new, CAPACITY, (TREE, TREE)))[:2] == (
        0,
        "no change: every user, group, request and condition ends as before (proved)\n",
    )


def test_rules_by_leaf_and_by_path_in_another_order(impact, folders):
    old, new = ":a dev\n:b root.applications.dev\nc: prod\n", "c: root.applications.prod\n:b dev\n:a dev\n"
    status, out, _ = impact(*folders(old, new, CAPACITY, (TREE, TREE)))
    assert (status, out.splitlines()) == (
        1,
        [
            "without a request for a queue:",
            "  the user `c` in `a`: `root.applications.dev` -> `root.applications.prod`",
            "    e.g. user `c` in {`a`}: `root.applications.dev` (line 1) -> `root.applications.prod` (line 1)",
        ],
    )


def test_without_a_tree_a_leaf_is_another_queue_than_a_path(impact, folders):
    _, out, _ = impact(*folders("* dev\n", "* root.applications.dev\n", CAPACITY), "--json")
    assert [(each["kind"], each["witness"]["request"]) for each in json.loads(out)["changes"]] == [
        ("moved", None),
        ("answered", "dev"),
        ("answered", "root.applications.dev"),
        ("denied", "root.elsewhere.dev"),  # created for somebody, perhaps
    ]


def test_the_same_map_with_another_tree(impact, folders):
    _, out, _ = impact(*folders("* dev\n", "* dev\n", CAPACITY, (TREE, MOVED_TREE)))
    assert "`root.applications.dev` (line 1) -> `root.other.dev` (line 1)" in out
    assert impact(*folders("* dev\n", "* dev\n", queues=(TREE, MOVED_TREE)))[0] == 0  # under the fair scheduler


def test_recorded_decisions_know_the_tree(impact, folders, tmp_path):
    (tmp_path / "audit.jsonl").write_text("\n".join(record("ann", ["dev"], request) for request in (None, "dev")))
    found = impact(*folders(LEAF, PATH, CAPACITY, (TREE, TREE)), "--audit", tmp_path / "audit.jsonl")
    assert (found[0], found[1].splitlines()[-1]) == (0, "recorded decisions: 0 of 2 would end otherwise")


def test_a_role_that_is_not_there_is_a_policy_that_cannot_be_read(impact, folders):
    status, _, err = impact(*folders("* root.x\n", "@nobody root.y\n* root.x\n"))
    assert status == 78
    assert "error[unknown-role]" in err


# Random policies with trees against deciding for everybody.

TARGETS = ["u:", "dev:", ":g", ":h", "*", "@r"]
LEAVES = {"dev": "root.applications.dev", "prod": "root.applications.prod", "users": "root.users"}
OTHERS = ["twin", "root.other.twin", "root.other.dev", "nowhere"]
QUEUES = [*LEAVES, *LEAVES.values(), *OTHERS, "%user", "root.users.%user"]
REQUESTS = [None, "", "default", *QUEUES[:-2], "root.users.dev", "root.nowhere", "root.x.dev", "someone"]
CONDITIONS = ["", "", " if executors > 2 and executors < 4", " if executors == 3", " if hour < 8"]
FACTS = [{}, {"executors": 3.0}, {"executors": 4.0, "hour": 7.0}]
USERS = ["u", "dev", "someone", "nowhere"]
MEMBERSHIPS = [groups for size in range(3) for groups in combinations(["g", "h", "dev"], size)]

lines = st.builds("{} {}{}".format, *map(st.sampled_from, (TARGETS, QUEUES, CONDITIONS)))
maps = st.lists(lines, max_size=5)
edits = st.tuples(maps, maps) | maps.flatmap(lambda its: st.tuples(st.just(its), st.permutations(its)))


def ends(policy, user, groups, facts, request):
    """The queue that is decided, None if it is refused, and the line that gave it."""
    asked = None if request is None else Request(request, "--queue")
    found = decide(Submission(Identity(user, tuple(groups), user, "test"), asked, facts=facts), policy, "id")
    return found.queue, found.rule and found.rule.line


def respelled(line, choice):
    """The line with the other name that TREE gives its queue, if it does and `choice` says so."""
    target, queue, *condition = line.split(" ", 2)
    names = LEAVES | {path: leaf for leaf, path in LEAVES.items()}
    return " ".join([target, names.get(queue, queue) if choice else queue, *condition])


def compared(run, maps, trees, scheduler):
    """What `placement impact` tells of two policies, and the policies."""
    sites = (f"scheduler: {scheduler}\n",) * 2
    with tempfile.TemporaryDirectory() as path:
        texts = tuple("\n".join([*lines, ""]) for lines in maps)
        named = written(Path(path), {"map.txt": texts, "site.yaml": sites, "queues.yaml": trees})
        found = json.loads(run("impact", *named, "--json")[1])
        opened = [PolicyFiles(str(named[place])) for place in (1, 3)]
        return found, [Policy(folder.placing_rules(), folder.site(), "") for folder in opened]


SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TREES = st.sampled_from([TREE, MOVED_TREE, NO_TREE])


@SLOW
@given(edits, st.tuples(TREES, TREES), st.sampled_from(["capacity", "capacity", "fair"]))
@example((["* dev"], ["* root.applications.dev"]), (TREE, TREE), "capacity")
@example((["* dev", ":g root.other.dev"], ["* dev", ":g dev"]), (TREE, MOVED_TREE), "capacity")
def test_what_is_told_is_what_both_policies_decide(run, edit, trees, scheduler):
    found, policies = compared(run, edit, trees, scheduler)
    for change in found["changes"]:
        told = change["witness"]
        really = [ends(each, told["user"], told["groups"], told["facts"], told["request"]) for each in policies]
        assert really == [(told[side]["queue"], told[side]["line"]) for side in ("from", "to")]
        assert really[0][0] != really[1][0]
    if found["verdict"] != "different":
        everybody = product(USERS, MEMBERSHIPS, FACTS, REQUESTS)
        differing = [each for each in everybody if len({ends(policy, *each)[0] for policy in policies}) > 1]
        assert found["verdict"] == "not-proved" or not differing
        assert not [asked for *_, asked in differing if asked in (None, "", "default")]  # told of in any case


@SLOW
@given(st.lists(st.tuples(lines, st.booleans()), max_size=6))
def test_another_spelling_of_the_same_queues_is_proved_to_change_nothing(run, spelled):
    edit = [line for line, _ in spelled], [respelled(line, choice) for line, choice in spelled]
    found, policies = compared(run, edit, (TREE, TREE), "capacity")
    assert (found["verdict"], found["changes"], found["not_compared"]) == ("equal", [], [])
    for each in product(USERS, MEMBERSHIPS, FACTS, REQUESTS):
        assert ends(policies[0], *each) == ends(policies[1], *each)
