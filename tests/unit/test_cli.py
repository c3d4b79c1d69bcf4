"""The command line from the outside."""

import json
import os
import subprocess
import sys
import time

import pytest

from placement import cli


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.txt").write_text(":prod root.prod\n:prod root.dev\n:dev root.dev\n")
    return tmp_path


def test_decide_prints_the_decision(run, folder):
    status, out, err = run("decide", "--policy", folder, "--user", "alice", "--groups", "prod")
    assert (status, err) == (0, "")
    assert out == f"run[first-match]: `root.prod` by {folder}/map.txt:1 (`:prod root.prod`)\n"


STATUSES = {
    "run": (["--groups", "prod", "--queue", "dev"], 0, "root.dev"),
    "denied": (["--groups", "dev", "--queue", "prod"], 3, None),
    "no rule": (["--groups", ""], 2, None),
    "a command": (["--groups", "prod", "--", "spark-submit", "--master", "yarn", "--queue", "dev", "a"], 0, "root.dev"),
    "a command by its path": (["--groups", "dev", "--", "/x/spark-submit", "--master", "yarn", "a"], 0, "root.dev"),
    "an option beside a command": (
        ["--groups", "prod", "--queue", "prod", "--", "spark-submit", "--master", "yarn", "--queue", "dev", "a"],
        0,
        "root.prod",
    ),
    "a command that submits nothing": (["--groups", "", "--", "spark-submit", "--version"], 0, None),
}


@pytest.mark.parametrize("case", STATUSES)
def test_decide_status_and_queue(run, folder, case):
    arguments, expected, queue = STATUSES[case]
    status, out, _ = run("decide", "--policy", folder, "--user", "alice", "--json", *arguments)
    assert (status, json.loads(out)["queue"]) == (expected, queue)


def test_decide_shows_what_would_be_executed(run, folder):
    command = ["spark-submit", "--master", "yarn", "job.py", "x y"]
    _, out, _ = run("decide", "--policy", folder, "--user", "a", "--groups", "dev", "--json", "--", *command, PATH="")
    found = json.loads(out)
    ours = ["--queue", "root.dev", "--conf", f"spark.yarn.tags=placement:{found['id']}"]
    assert found["argv"] == ["spark-submit", "--master", "yarn", *ours, "job.py", "x y"]


def test_decide_takes_the_proxy_user_of_the_command(run, folder):
    (folder / "map.txt").write_text("bob: root.bob\n")
    _, out, _ = run(
        "decide", "--policy", folder, "--json", "--", "spark-submit", "--proxy-user", "bob", "a", MASTER="yarn"
    )
    assert json.loads(out)["queue"] == "root.bob"


def test_explain_shows_every_rule_and_ends_as_decide_does(run, folder):
    (folder / "map.txt").write_text(":prod root.large if memory > 2g\n:dev root.dev\n* root.x\n")
    arguments = ["--policy", folder, "--user", "alice", "--groups", "prod", "--queue", "large"]
    status, out, _ = run("explain", *arguments, "--fact", "memory=1g")
    assert status == 3
    assert out.splitlines()[:4] == [
        "user `alice` (--user), groups `prod`, asks for `large` (--queue)",
        "  line 1: `:prod root.large if memory > 2g`  no: in the group `prod`; `memory > 2g` is false (memory: 1g)",
        "  line 2: `:dev root.dev`  no: not in the group `dev`",
        "  line 3: `* root.x`  -> `root.x`: for everyone",
    ]
    assert out.splitlines()[4].startswith("reject[request-denied]: `alice` may not use `large`")
    assert run("explain", *arguments, "--fact", "memory=3g")[0] == 0
    status, out, _ = run("explain", "--json", *arguments, "--fact", "memory=3g")
    assert [trial["queue"] for trial in json.loads(out)["trials"]] == ["root.large", None, "root.x"]


def test_the_demand_of_a_command_line_is_a_fact(run, folder):
    (folder / "map.txt").write_text("* root.large if executors > 5 and memory > 40g and vcores == 41\n* root.x\n")
    command = ["spark-submit", "--num-executors", "10", "--executor-memory", "8g", "--executor-cores", "4", "job.py"]
    arguments = ["decide", "--policy", folder, "--json", "--", *command]
    assert json.loads(run(*arguments, MASTER="yarn")[1])["queue"] == "root.large"


def test_the_clock_is_a_fact(run, folder, monkeypatch):
    (folder / "map.txt").write_text("* root.night if hour == 3 and weekday == sunday\n* root.day\n")
    sunday_3 = time.strptime("2026-11-22 03:30", "%Y-%m-%d %H:%M")
    monkeypatch.setattr(time, "localtime", lambda: sunday_3)
    assert json.loads(run("decide", "--policy", folder, "--json")[1])["queue"] == "root.night"


ERRORS = {
    "no map": (["decide", "--policy", "/nowhere"], 78, "error[no-map]"),
    "unknown command": (["decide", "--", "hdfs"], 64, "'hdfs' is no command that placement reads"),
    "unknown option": (["decide", "--", "spark-submit", "--quue", "a"], 78, "did you mean `--queue`?"),
    "an option of ours, misspelt": (["decide", "--usr", "anna"], 64, "No such option"),
    "unknown fact": (["explain", "--fact", "memroy=1g"], 64, "did you mean `memory`?"),
    "a fact without its unit": (["explain", "--fact", "memory=1"], 64, "write a size with its unit"),
    "no fact": (["explain", "--fact", "memory"], 64, "is not NAME=VALUE"),
    "an option of ours": (["check", "--nope"], 64, "--nope"),
    "a command of ours": (["chekc"], 64, "chekc"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_words_on_standard_error(run, folder, case):
    arguments, expected, words = ERRORS[case]
    status, out, err = run(*arguments, PLACEMENT_POLICY=str(folder))
    assert (status, out) == (expected, "")
    assert words in err
    assert "Traceback" not in err


def test_check_says_that_a_good_policy_is_good(run, folder):
    (folder / "map.txt").write_text("* root.x\n")
    assert run("check", folder) == (0, f"{folder}: no errors, no warnings\n", "")


def test_check_finds_every_fault_of_every_file(run, folder):
    (folder / "map.txt").write_text("one\n:g root.x\ntwo words here\nu:g root.y\n")
    (folder / "site.yaml").write_text("nope: 1\nscheduler: x\n")
    status, out, err = run("check", folder)
    assert (status, err) == (1, "")
    assert [line for line in out.splitlines() if line.startswith(str(folder))] == [
        f"{folder}/site.yaml:1:1: error[unknown-key]: `nope` is no setting",
        f"{folder}/site.yaml:2:12: error[bad-value]: expected `fair` or `capacity`",
        f"{folder}/map.txt:1:1: error[bare-word]: expected `user:`, `:group`, `@role` or `*`, found `one`",
        f"{folder}/map.txt:3:1: error[bare-word]: expected `user:`, `:group`, `@role` or `*`, found `two`",
        f"{folder}/map.txt:4:3: warning[group-ignored]: the group `g` is ignored: the rule is for the user `u` in any "
        "group",
        f"{folder}: 4 errors, 1 warning",
    ]


def test_check_as_data(run, folder):
    (folder / "map.txt").write_text("one\n")
    status, out, _ = run("check", "--json", folder)
    assert status == 1
    assert [(found["code"], found["line"]) for found in json.loads(out)] == [("bare-word", 1)]


def test_warnings_alone_are_no_failure(run, folder):
    (folder / "map.txt").write_text("u:g root.y\n")
    status, out, _ = run("check", "--policy", folder)
    assert (status, out.splitlines()[-1]) == (0, f"{folder}: no errors, 1 warning")


@pytest.mark.parametrize("missing", ["nowhere", "."])
def test_check_without_a_map(run, tmp_path, missing):
    status, out, _ = run("check", tmp_path / missing)
    assert status == 1
    assert "error[no-map]" in out


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help(run, name):
    status, out, _ = run(name, "--help")
    assert status == 0
    assert f"Usage: placement {name}" in out


def test_an_output_that_cannot_be_written_is_one_line(folder):
    placement = os.path.join(os.path.dirname(sys.executable), "placement")
    with open("/dev/full", "w") as full:
        done = subprocess.run([placement, "check", folder], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (74, "placement: cannot write the output: No space left on device\n")
