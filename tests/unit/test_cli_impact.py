"""`placement impact` from the outside."""

import json

import pytest


@pytest.fixture
def impact(run):
    """`impact(arguments...)`: exit status, standard output and standard error of `placement impact ARGUMENTS`."""
    return lambda *arguments: run("impact", *arguments)


@pytest.fixture
def folders(tmp_path):
    """`folders(old, new)`: arguments that name two policies with these maps."""

    def write(old, new, site=("", "")):
        for name, text, settings in zip(("old", "new"), (old, new), site, strict=True):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "map.txt").write_text(text)
            (tmp_path / name / "site.yaml").write_text(settings)
        return ["--from", tmp_path / "old", "--to", tmp_path / "new"]

    return write


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
