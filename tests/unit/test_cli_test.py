"""`placement test` and the ready-made policies."""

import json
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT

CASES = """\
- {user: alice, groups: [prod], expect: root.prod}
- {user: alice, groups: [prod], queue: root.x, expect: root.dev, name: 'a <request> "&"'}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.txt").write_text(":prod root.prod\n:prod root.dev\n:dev root.dev\n")
    (tmp_path / "expectations.yaml").write_text(CASES)
    return tmp_path


def test_a_failing_case_is_a_line_and_a_status(run, folder):
    status, out, err = run("test", folder)
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        f'{folder}/expectations.yaml:2:3: failed (a <request> "&"): expected `root.dev`, got `denied` because `alice` '
        f"may not use `root.x` (queue) by {folder}/map.txt; allowed: `root.prod` (line 1), `root.dev` "
        "(line 2); without a request: "
        "`root.prod`",
        f"{folder}/map.txt:2: no case lands here (2 could ask for its queue)",
        f"{folder}/map.txt:3: no case lands here",
        f"{folder}: 1 of 2 cases failed; 1 of 3 rules decided one",
    ]


def test_all_cases_pass(run, folder):
    (folder / "expectations.yaml").write_text("- {user: alice, groups: [prod], expect: root.prod}\n")
    status, out, _ = run("test", "--policy", folder)
    assert (status, out.splitlines()[-1]) == (0, f"{folder}: 1 case passed; 1 of 3 rules decided one")


def test_results_as_data(run, folder):
    status, out, _ = run("test", "--json", folder)
    found = json.loads(out)
    assert status == 1
    assert [(case["line"], case["passed"], case["expected"], case["got"]) for case in found["cases"]] == [
        (1, True, "root.prod", "root.prod"),
        (2, False, "root.dev", "denied"),
    ]
    assert found["cases"][0]["decision"]["reason"] == "first-match"
    assert [(rule["line"], rule["candidate_of"]) for rule in found["idle"]] == [(2, 2), (3, 0)]
    assert (found["passed"], found["failed"], found["rules"]) == (1, 1, 3)


def test_results_as_junit_xml(run, folder, tmp_path):
    file = tmp_path / "results.xml"
    assert run("test", "--junit", file, folder)[0] == 1
    suite = ElementTree.parse(file).getroot()
    assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuite", "2", "1")
    first, second = suite
    assert (first.get("line"), list(first)) == ("1", [])
    assert second.get("name") == 'a <request> "&"'
    assert second[0].get("message") == "expected root.dev, got denied"
    assert "may not use `root.x`" in second[0].text


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("expectations.yaml", None, "no-expectations"),
        ("expectations.yaml", "- {usr: a}\n", "unknown-key"),
        ("map.txt", "faulty\n", "bare-word"),
        ("queues.yaml", "queus: []\n", "unknown-key"),
    ],
)
def test_what_cannot_be_read(run, folder, name, text, code):
    (folder / name).unlink(missing_ok=True)
    if text:
        (folder / name).write_text(text)
    status, out, err = run("test", folder)
    assert (status, out) == (78, "")
    assert f"error[{code}]" in err


def test_results_that_cannot_be_written(run, folder):
    status, _, err = run("test", folder, "--junit", folder / "nowhere" / "x.xml")
    assert status == 78
    assert "error[unwritable]" in err


def test_roles_are_those_of_queues_yaml(run, folder):
    (folder / "map.txt").write_text("@analysts root.adhoc\n")
    (folder / "queues.yaml").write_text("roles: {analysts: {users: [ann], groups: [bi]}}\n")
    (folder / "expectations.yaml").write_text(
        "- {user: ann, expect: adhoc}\n- {user: x, groups: [bi], expect: root.adhoc}\n- {user: x, expect: no-rule}\n"
    )
    assert run("test", folder)[0] == 0


def test_the_revision_does_not_depend_on_the_cases(run, folder):
    revisions = set()
    for text in (CASES, "- {user: alice, groups: [prod], expect: root.prod}\n"):
        (folder / "expectations.yaml").write_text(text)
        revisions.add(json.loads(run("test", "--json", folder)[1])["cases"][0]["decision"]["revision"])
    assert len(revisions) == 1


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "policies").iterdir()))
def test_a_ready_made_policy_is_good_and_does_what_it_says(run, name):
    policy = ROOT / "policies" / name
    status, out, _ = run("check", "--strict", policy)
    assert (status, out.splitlines()[-1]) == (0, f"{policy}: no errors, no warnings")
    status, out, _ = run("test", policy)
    assert (status, "no case lands here" in out) == (0, False), out


def test_cases_are_decided_by_the_names_that_the_tree_gives(run, folder):
    (folder / "map.txt").write_text(":prod leaf\n")
    (folder / "site.yaml").write_text("scheduler: capacity\n")
    (folder / "queues.yaml").write_text("queues: [{name: a, queues: [{name: leaf}]}]\n")
    asking = {"leaf": "root.a.leaf", "root.a.leaf": "leaf", "root.x.leaf": "denied"}
    cases = [f"- {{user: al, groups: [prod], queue: {queue}, expect: {end}}}\n" for queue, end in asking.items()]
    (folder / "expectations.yaml").write_text("".join(cases))
    status, out, _ = run("test", "--json", folder)
    assert (status, [case["got"] for case in json.loads(out)["cases"]]) == (0, ["root.a.leaf", "root.a.leaf", "denied"])
