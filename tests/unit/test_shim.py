"""The wrappers and the policy executable from the outside: real processes, and a small script in Spark's place."""

import grp
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

WRAPPERS = ROOT / "wrappers"
SYSTEM = "/usr/bin:/bin"

# Prints its arguments as bytes, one a line, to standard output, and ends with 3.
REAL = """#!/bin/sh
for argument in "$@"; do printf '<%s>\\n' "$argument"; done
exit 3
"""
PLACED = b"<--queue>\n<root.a>\n<--conf>\n<spark.yarn.tags=placement:ID>\n"


@pytest.fixture
def gateway(tmp_path):
    """A gateway: a policy folder, a folder `bin` with a real spark-submit, and a way to run things there."""
    return Gateway(tmp_path)


class Gateway:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = folder / "policy"
        self.bin = folder / "bin"
        self.policy.mkdir()
        self.bin.mkdir()
        self.map("alice: root.a\nalice: root.b\n:dev root.dev\n")
        self.site("groups: {static: groups.yaml}\n")
        (self.policy / "groups.yaml").write_text("bob: [dev]\n")
        self.real(REAL)
        self.path = [WRAPPERS, self.bin, SYSTEM]

    def map(self, text: str) -> None:
        (self.policy / "map.txt").write_text(text)

    def site(self, text: str) -> None:
        (self.policy / "site.yaml").write_text(text)

    def real(self, script: str, name: str = "spark-submit", folder: Path | None = None) -> Path:
        file = (folder or self.bin) / name
        file.write_text(script)
        file.chmod(0o755)
        return file

    def environ(self, user: str = "alice", **more: str) -> dict[str, str]:
        path = ":".join(map(str, self.path))
        return {"PATH": path, "PLACEMENT_POLICY": str(self.policy), "HADOOP_USER_NAME": user, "MASTER": "yarn", **more}

    def run(self, *command: str | bytes, **environ: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, env=self.environ(**environ), cwd=self.folder, capture_output=True, timeout=60, check=False
        )


def without_id(output: bytes) -> bytes:
    return re.sub(rb"placement:[0-9a-f]{16}", b"placement:ID", output)


def test_the_job_runs_in_the_decided_queue_with_the_real_status_and_streams(gateway):
    done = gateway.run("spark-submit", "--name", "n", "job.py", "--queue", "its own")
    assert done.returncode == 3
    assert without_id(done.stdout) == b"<--name>\n<n>\n" + PLACED + b"<job.py>\n<--queue>\n<its own>\n"
    assert done.stderr.decode() == f"placement: `root.a` by {gateway.policy}/map.txt:1 (`alice: root.a`)\n"


def test_an_allowed_request_is_kept(gateway):
    assert b"<root.b>" in gateway.run("spark-submit", "--queue=b", "job.py").stdout


def test_arguments_arrive_byte_for_byte(gateway):
    odd = [b"", b" ", b"a b", b"\xff\xfe", b"*", b"$HOME", b"`id`", b"new\nline", b"'", b'"', "ü日".encode()]
    done = gateway.run("spark-submit", "job.py", *odd, LC_ALL="C")
    assert without_id(done.stdout) == PLACED + b"<job.py>\n" + b"".join(b"<%s>\n" % argument for argument in odd)


def test_a_denied_request_runs_nothing(gateway):
    done = gateway.run("spark-submit", "--queue", "root.prod", "job.py", user="bob")
    assert (done.returncode, done.stdout) == (77, b"")
    words = done.stderr.decode()
    assert words.startswith("placement: reject[request-denied]: `bob` may not use `root.prod` (--queue) by ")
    assert words.count("\n") == 1
    assert f"{gateway.policy}/map.txt" in words
    assert "`root.dev`" in words


def test_a_user_without_a_rule_runs_nothing(gateway):
    done = gateway.run("spark-submit", "job.py", user="carol")
    assert (done.returncode, done.stdout) == (77, b"")
    assert b"reject[no-rule]" in done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--master", "local", "job.py"], ["--status", "x"], []])
def test_what_submits_nothing_passes_untouched_and_unmentioned(gateway, arguments):
    gateway.map("faulty\n")
    gateway.site("faulty: [\n")
    done = gateway.run("spark-submit", *arguments)
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout == b"".join(b"<%s>\n" % argument.encode() for argument in arguments)


FAULTS = {
    "a faulty map": ("map", "etl root.a\n", "error[bare-word]"),
    "a map with many faults": ("map", "one\ntwo\nthree\n", "2 more: run `placement check`"),
    "a faulty site": ("site", "scheduler: x\n", "error[bad-value]"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_policy_runs_nothing(gateway, case):
    file, text, words = FAULTS[case]
    getattr(gateway, file)(text)
    done = gateway.run("spark-submit", "job.py")
    assert (done.returncode, done.stdout) == (78, b"")
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_no_map_runs_nothing(gateway):
    (gateway.policy / "map.txt").unlink()
    done = gateway.run("spark-submit", "job.py")
    assert (done.returncode, done.stdout) == (78, b"")
    assert b"error[no-map]" in done.stderr


def test_a_site_that_says_open_runs_as_typed_and_says_so(gateway):
    gateway.site("on-error: open\n")
    gateway.map("faulty\n")
    done = gateway.run("spark-submit", "job.py", "x")
    assert (done.returncode, done.stdout) == (3, b"<job.py>\n<x>\n")
    assert b"error[bare-word]" in done.stderr
    assert b"on-error is open: spark-submit runs as typed" in done.stderr


def test_an_unknown_option_follows_on_error(gateway):
    done = gateway.run("spark-submit", "--quue", "root.b", "job.py")
    assert (done.returncode, done.stdout) == (78, b"")
    assert b"did you mean `--queue`?" in done.stderr
    gateway.site("on-error: open\n")
    assert gateway.run("spark-submit", "--quue", "root.b", "job.py").stdout == b"<--quue>\n<root.b>\n<job.py>\n"


# --- finding the real command -----------------------------------------------------------------------------------------


def refused(done, words):
    assert (done.returncode, done.stdout) == (127, b"")
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_no_real_command_is_127_as_in_a_shell(gateway):
    (gateway.bin / "spark-submit").unlink()
    refused(gateway.run("spark-submit", "job.py"), "error[no-real-command]: no `spark-submit` on PATH but wrappers")


def test_a_real_command_that_is_not_executable_is_not_one(gateway):
    (gateway.bin / "spark-submit").chmod(0o644)
    refused(gateway.run("spark-submit", "job.py"), "error[no-real-command]")


def test_links_to_and_copies_of_the_wrapper_are_passed_over(gateway):
    links, copies = gateway.folder / "links", gateway.folder / "copies"
    links.mkdir()
    copies.mkdir()
    (links / "spark-submit").symlink_to(WRAPPERS / "spark-submit")
    shutil.copy(WRAPPERS / "spark-submit", copies / "spark-submit")
    gateway.path = [links, WRAPPERS, copies, gateway.bin, SYSTEM]
    assert gateway.run("spark-submit", "job.py").returncode == 3
    gateway.path = [links, WRAPPERS, copies, SYSTEM]
    refused(gateway.run("spark-submit", "job.py"), "on PATH but wrappers")


def test_the_site_may_name_the_real_command(gateway):
    real = gateway.real("#!/bin/sh\necho other\n", "other")
    gateway.site(f"groups: {{static: groups.yaml}}\ncommands: {{spark-submit: {real}}}\n")
    assert gateway.run("spark-submit", "job.py").stdout == b"other\n"


@pytest.mark.parametrize(("real", "words"), [("/nowhere", "is not there"), (WRAPPERS / "policy", "is a wrapper")])
def test_a_site_that_names_no_real_command(gateway, real, words):
    gateway.site(f"commands: {{spark-submit: {real}}}\n")
    refused(gateway.run("spark-submit", "job.py"), words)


@pytest.mark.parametrize(("how", "at_most"), [("exec spark-submit", 1), ("spark-submit", 10)])
def test_a_script_in_between_that_calls_the_wrapper_again_does_not_loop(gateway, how, at_most):
    rounds = gateway.folder / "rounds"
    gateway.real(f'#!/bin/sh\necho >>{rounds}\n{how} "$@"\n')
    done = gateway.run("spark-submit", "job.py")
    assert done.returncode == 127
    assert b"error[loop]" in done.stderr
    assert len(rounds.read_text()) == at_most


def test_a_wrapped_command_may_start_another(gateway):
    gateway.real('#!/bin/sh\n[ "$5" = outer.py ] && exec sh -c "spark-submit inner.py; true"\necho "$5"\n')
    assert gateway.run("spark-submit", "outer.py").stdout == b"inner.py\n"


def test_a_real_command_that_the_system_cannot_start(gateway):
    gateway.real("#!/nowhere/interpreter\n")
    done = gateway.run("spark-submit", "job.py")
    assert done.returncode == 126
    assert b"error[exec]" in done.stderr


def test_a_wrapper_without_its_python_says_so(gateway):
    alone = gateway.folder / "a" / "b" / "c"
    alone.mkdir(parents=True)
    shutil.copy(WRAPPERS / "spark-submit", alone / "spark-submit")
    gateway.path = [alone, gateway.bin, SYSTEM]
    refused(gateway.run("spark-submit", "job.py"), "error[no-python]")


# --- being the real command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_reaches_the_real_command_which_has_the_same_process_id(gateway, number):
    gateway.real("#!/bin/sh\necho $$\nexec sleep 60\n")
    process = subprocess.Popen(["spark-submit", "job.py"], env=gateway.environ(), stdout=subprocess.PIPE)
    assert process.stdout
    assert int(process.stdout.readline()) == process.pid
    process.send_signal(number)
    assert process.wait(30) == -number
    process.stdout.close()


@pytest.mark.parametrize("ignored", ["", "INT", "INT HUP TERM"])
def test_signal_dispositions_are_those_of_a_plain_call(gateway, ignored):
    gateway.real("#!/bin/sh\nexec cat /proc/self/status\n")
    ignoring = ["sh", "-c", f'trap "" {ignored}; exec "$@"' if ignored else 'exec "$@"', "sh"]

    def dispositions(command):
        lines = gateway.run(*ignoring, command, "job.py").stdout.splitlines()
        return [line for line in lines if line.startswith((b"SigBlk", b"SigIgn", b"SigCgt"))]

    plain = dispositions(gateway.bin / "spark-submit")
    assert len(plain) == 3
    assert dispositions("spark-submit") == plain


def test_the_environment_is_that_of_a_plain_call(gateway):
    gateway.real("#!/bin/sh\nexec env\n")
    plain = gateway.run(gateway.bin / "spark-submit").stdout.splitlines()
    wrapped = gateway.run("spark-submit", "job.py").stdout.splitlines()
    ours = [line for line in wrapped if line.startswith((b"PLACEMENT_WRAPPED=", b"PLACEMENT_DECISION="))]
    assert len(ours) == 2
    assert sorted(set(wrapped) - set(ours)) == sorted(line for line in plain if not line.startswith(b"_="))


def test_standard_input_is_the_callers(gateway):
    gateway.real("#!/bin/sh\ncat\n")
    done = subprocess.run(
        ["spark-submit", "job.py"], env=gateway.environ(), input=b"typed", capture_output=True, timeout=60, check=True
    )
    assert done.stdout == b"typed"


def test_a_closed_standard_error_is_no_trouble(gateway):
    done = subprocess.run(
        ["sh", "-c", "spark-submit job.py 2>&-"], env=gateway.environ(), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, without_id(done.stdout)) == (3, PLACED + b"<job.py>\n")


FAULTS_OF_OURS = {
    "a fault of a wrapper": ("spark-submit", "TypeError('x\\ny')", 70, "error[internal]: TypeError: x\\ny (please"),
    "a fault of the policy executable": ("policy", "TypeError('x')", 1, "error[internal]: TypeError: x (please"),
}


@pytest.mark.parametrize("case", FAULTS_OF_OURS)
def test_what_goes_wrong_in_ourselves_is_one_line_and_runs_nothing(gateway, case):
    name, fault, status, words = FAULTS_OF_OURS[case]
    code = f"import placement.shim as shim\ndef decide(*_): raise {fault}\nshim.decide = decide; shim.main()"
    done = gateway.run(sys.executable, "-I", "-c", code, f"{WRAPPERS}/{name}", "job.py")
    assert (done.returncode, done.stdout) == (status, b"")
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == bool(words)


# --- the policy executable --------------------------------------------------------------------------------------------

POLICY = {
    "the first queue": ("alice", [], 0, "root.a\n"),
    "an allowed request": ("alice", ["root.b"], 0, "root.b\n"),
    "an empty request": ("alice", [""], 0, "root.a\n"),
    "no rule": ("carol", [], 2, ""),
    "a denied request": ("bob", ["root.a"], 3, ""),
    "too many arguments": ("bob", ["a", "b"], 1, ""),
}


@pytest.mark.parametrize("case", POLICY)
def test_policy_executable(gateway, case):
    user, arguments, status, output = POLICY[case]
    done = gateway.run("policy", *arguments, user=user)
    assert (done.returncode, done.stdout.decode()) == (status, output)
    assert bool(done.stderr) == bool(status)


def test_policy_executable_without_a_map_is_1_as_it_was(gateway):
    (gateway.policy / "map.txt").unlink()
    done = gateway.run("policy")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[no-map]" in done.stderr


def test_policy_executable_answers_for_the_account_that_runs_it(gateway):
    gateway.site("")
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    environ = gateway.environ()
    del environ["HADOOP_USER_NAME"]
    for rule in (f"{user}:", f":{group}"):
        gateway.map(f"not-me: root.others\n{rule} root.mine\n")
        done = subprocess.run(["policy"], env=environ, capture_output=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == (b"root.mine\n", b"")


# --- the index of the policy ------------------------------------------------------------------------------------------


def test_a_faulty_map_leaves_the_last_good_policy_in_force_and_says_so_each_time(gateway):
    assert gateway.run("spark-submit", "job.py").returncode == 3
    gateway.map("# alice\netl root.a\n")
    for _ in range(2):
        done = gateway.run("spark-submit", "job.py")
        assert (done.returncode, without_id(done.stdout)) == (3, PLACED + b"<job.py>\n")
        trouble, decision = done.stderr.decode().splitlines()
        assert trouble.startswith(f"placement: {gateway.policy}/map.txt:2:1: error[bare-word]: ")
        assert "; the last good policy, revision " in trouble
        assert decision == f"placement: `root.a` by {gateway.policy}/map.txt:1 (`alice: root.a`)"
    done = gateway.run("policy")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (0, b"root.a\n", 1)
    gateway.map("alice: root.c\n")
    done = gateway.run("spark-submit", "job.py")
    assert b"<root.c>\n" in done.stdout
    assert done.stderr.count(b"\n") == 1


def test_a_faulty_site_leaves_the_last_good_site_in_force(gateway):
    real = gateway.real("#!/bin/sh\necho real\n", "other")
    gateway.site(f"groups: {{static: groups.yaml}}\ncommands: {{spark-submit: {real}}}\n")
    assert gateway.run("spark-submit", "job.py", user="bob").stdout == b"real\n"
    gateway.site("faulty: [\n")
    done = gateway.run("spark-submit", "job.py", user="bob")
    assert (done.stdout, done.stderr.count(b"\n")) == (b"real\n", 2)
    assert b"the last good policy" in done.stderr


def test_what_submits_nothing_is_silent_about_a_faulty_policy_with_an_index(gateway):
    assert gateway.run("spark-submit", "job.py").returncode == 3
    gateway.map("faulty\n")
    gateway.site("faulty: [\n")
    done = gateway.run("spark-submit", "--version")
    assert (done.returncode, done.stderr) == (3, b"")


def test_an_index_that_is_refused_is_said_and_does_no_harm(gateway):
    gateway.run("spark-submit", "job.py")
    (gateway.policy / "map.index").chmod(0o666)
    done = gateway.run("spark-submit", "job.py")
    assert (done.returncode, done.stderr.count(b"\n")) == (3, 2)
    assert b"warning[index-writable]" in done.stderr
    assert gateway.run("spark-submit", "job.py").stderr.count(b"\n") == 1


def test_a_mapped_decision_imports_no_grammar(gateway):
    gateway.run("spark-submit", "job.py")
    code = (
        "import sys; import placement.shim as shim; "
        "shim.become = lambda *_: print(*sys.modules, flush=True) or 0; shim.main()"
    )
    done = gateway.run(sys.executable, "-I", "-c", code, f"{WRAPPERS}/spark-submit", "job.py")
    assert done.returncode == 0
    loaded = set(done.stdout.decode().split())
    assert "placement.decision" in loaded
    assert not loaded & {"pyparsing", "yaml", "pydantic", "hashlib", "json", "typing", "placement.rules.grammar"}


# --- the audit trail, and what else goes with a decision --------------------------------------------------------------


@pytest.fixture
def trail(gateway):
    """A gateway that keeps an audit trail; called, its records."""
    file = gateway.folder / "trail.jsonl"
    gateway.site(f"groups: {{static: groups.yaml}}\naudit: {{file: {file}, arguments: masked}}\n")

    def records():
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return records


def test_a_decision_is_in_the_trail_before_the_command_runs(gateway, trail):
    gateway.real(f'#!/bin/sh\ncat {gateway.folder}/trail.jsonl\necho "$@"\n')
    done = gateway.run("spark-submit", "--name", "n", "--conf", "spark.password=s3cret", "job.py", "--token", "s3cret")
    (record,) = trail()
    assert done.stdout.startswith(b'{"time": "')
    assert f"placement:{record['id']}".encode() in done.stdout.splitlines()[1]
    assert (record["outcome"], record["queue"], record["rule"]["line"]) == ("run", "root.a", 1)
    assert record["identity"]["user"] == "alice"
    assert record["identity"]["real_user"] == pwd.getpwuid(os.getuid()).pw_name
    assert record["command"]["family"] == "spark-submit"
    assert record["real"] == str(gateway.bin / "spark-submit")
    assert record["arguments"] == ["--name", "n", "--conf", "spark.password=***", "job.py", "--token", "***"]
    assert "s3cret" not in (gateway.folder / "trail.jsonl").read_text()
    assert record["facts"]["name"] == "n"
    assert 0 < record["duration_us"] < 60e6


def test_refusals_and_errors_are_in_the_trail_and_what_submits_nothing_is_not(gateway, trail):
    gateway.run("spark-submit", "--version")
    assert trail() == []
    gateway.run("spark-submit", "--queue", "root.prod", "job.py")
    gateway.run("policy", "root.prod")
    gateway.run("spark-submit", "--no-such-option", "job.py")
    refused, by_policy, failed = trail()
    assert (refused["outcome"], refused["reason"], refused["queue"]) == ("reject", "request-denied", None)
    assert (by_policy["outcome"], by_policy["command"], by_policy["real"]) == ("reject", None, None)
    assert (failed["outcome"], failed["reason"], failed["on_error"]) == ("error", "unknown-option", "closed")


def test_without_leave_no_argument_is_in_the_trail(gateway, trail):
    file = gateway.folder / "trail.jsonl"
    gateway.site(f"groups: {{static: groups.yaml}}\naudit: {{file: {file}}}\n")
    gateway.run("spark-submit", "job.py", "tell nobody")
    assert "arguments" not in trail()[0]
    assert "tell nobody" not in file.read_text()


def test_a_trail_that_cannot_be_written_stops_nobody_unless_the_site_says_so(gateway):
    gateway.site("groups: {static: groups.yaml}\naudit: {file: /dev/full}\n")
    done = gateway.run("spark-submit", "job.py")
    assert (done.returncode, without_id(done.stdout)) == (3, PLACED + b"<job.py>\n")
    assert b"/dev/full: error[audit-unwritten]: the audit trail cannot be written: No space left" in done.stderr
    gateway.site("groups: {static: groups.yaml}\naudit: {file: /dev/full, on-error: closed}\n")
    done = gateway.run("spark-submit", "job.py")
    assert (done.returncode, done.stdout) == (78, b"")
    assert (gateway.run("policy").returncode, gateway.run("policy").stdout) == (1, b"")


def test_hadoop_user_name_is_removed_where_the_site_does_not_honour_it(gateway):
    gateway.map("* root.of.%user\n")
    gateway.site("groups: {static: groups.yaml}\nhadoop-user-name: remove\n")
    gateway.real('#!/bin/sh\necho "[$HADOOP_USER_NAME] $2"\n')
    me = pwd.getpwuid(os.getuid()).pw_name
    assert gateway.run("spark-submit", "job.py", user="eve").stdout.decode() == f"[] root.of.{me}\n"


def test_a_command_that_another_wrapped_one_started_for_itself_is_decided_once(gateway, trail):
    # as spark-shell starts spark-submit, with the arguments that it was given
    inner = gateway.real('#!/bin/sh\nexec spark-submit --class repl.Main "$@"\n', name="spark-shell")
    assert inner.exists()
    gateway.real('#!/bin/sh\necho "$@"\n')
    done = gateway.run("spark-shell", "--name", "n")
    (record,) = trail()
    assert record["command"]["family"] == "spark-shell"
    assert done.stdout.decode().count(f"placement:{record['id']}") == 1
    assert done.stderr.count(b"placement: ") == 1


def test_a_job_that_is_started_from_within_another_is_decided_for_itself(gateway, trail):
    gateway.real('#!/bin/sh\n[ "$INNER" ] || INNER=1 spark-submit --queue root.b inner.py\n')
    assert gateway.run("spark-submit", "outer.py").returncode in (0, 1)
    assert [record["queue"] for record in trail()] == ["root.a", "root.b"]


def test_a_refusal_names_the_command_that_explains_it(gateway):
    done = gateway.run("spark-submit", "--queue", "nowhere", "job.py")
    assert done.returncode == 77
    assert done.stderr.decode().endswith("(`placement explain -- spark-submit ...` says more)\n")
    assert gateway.run("policy", "nowhere").stderr.endswith(b"(`placement explain --queue 'nowhere'` says more)\n")


def test_a_broken_edit_is_in_the_trail_beside_every_decision(gateway, trail):
    gateway.run("spark-submit", "job.py")
    gateway.map("# alice\netl root.a\n")
    gateway.run("spark-submit", "job.py")
    before, after = trail()
    assert (before["troubles"], after["queue"]) == ([], "root.a")
    (trouble,) = after["troubles"]
    assert trouble.startswith(f"{gateway.policy}/map.txt:2:1: error[bare-word]: ")
    assert "stays in force" in trouble
