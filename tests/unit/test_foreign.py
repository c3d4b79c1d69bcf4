"""Another policy executable in the engine's place."""

import subprocess
import time

import pytest

from placement import foreign
from placement.errors import PlacementError
from placement.submission import Identity, Submission
from tests.conftest import ROOT
from tests.unit.builders import submission


@pytest.fixture
def answering(tmp_path):
    """`answering(script, ...)`: the decision of an executable that is that shell script."""

    def ask(script, **asked):
        file = tmp_path / "policy"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return foreign.decide(str(file), submission(**asked), "fair", "00" * 8)

    return ask


def test_its_queue_is_the_decision(answering):
    decision = answering("echo root.x")
    assert (decision.outcome, decision.reason, decision.queue) == ("run", "first-match", "root.x")
    assert decision.message.startswith("`root.x` by /")
    assert answering("echo x").queue == "root.x"


def test_the_request_is_its_argument_and_default_is_none(answering):
    assert answering('echo "n$#"', queue="default").queue == "root.n0"
    decision = answering('echo "n$#.$1"', queue="x")
    assert (decision.queue, decision.reason) == ("root.n1.x", "request-allowed")


@pytest.mark.parametrize(("status", "reason"), [(2, "no-rule"), (3, "request-denied")])
def test_its_refusal_is_passed_on(answering, status, reason):
    decision = answering(f"echo 'Error: not \033[31mthere'; echo more; exit {status}", queue="q")
    assert (decision.outcome, decision.reason, decision.queue) == ("reject", reason, None)
    assert decision.message.endswith("says: Error: not \\x1b[31mthere")
    assert answering(f"echo there >&2; exit {status}").message.endswith("says: there")
    assert answering(f"exit {status}").message.endswith(f"exits with {status}")


FAULTS = {
    "another status": ("echo why; exit 1", "ended with 1: why"),
    "a signal": ("kill -9 $$", "ended with -9"),
    "nothing said": ("exit 0", "which is no queue"),
    "two lines": ("echo a; echo b", "which is no queue"),
    "a blank": ("echo a b", "which is no queue"),
    "a flood": ("yes root.x", "more than 16384 bytes"),
    "a flood of complaints": ("yes root.x >&2", "more than 16384 bytes"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_breaks_the_contract_is_a_fault(answering, case):
    script, words = FAULTS[case]
    with pytest.raises(PlacementError, match=words):
        answering(script)


@pytest.mark.parametrize("script", ["sleep 60", "exec >&- 2>&-; sleep 60", "trap '' TERM; sleep 60"])
def test_one_that_does_not_answer_is_not_waited_for(answering, script, monkeypatch):
    monkeypatch.setattr(foreign, "LONGEST_S", 0.5)
    begin = time.monotonic()
    with pytest.raises(PlacementError, match="has not answered"):
        answering(script)
    assert time.monotonic() - begin < 20


def test_one_that_is_not_there():
    with pytest.raises(PlacementError, match="cannot be started: No such file"):
        foreign.decide("/nowhere/policy", submission(), "fair", "00" * 8)


def test_it_cannot_answer_for_a_proxy_user():
    for_bob = Submission(Identity("bob", (), "alice", "--proxy-user"))
    with pytest.raises(PlacementError, match="proxy user `bob`"):
        foreign.decide("/bin/true", for_bob, "fair", "00" * 8)


def test_the_wrapper_and_the_policy_executable_ask_it(tmp_path):
    """With `policy: {exec: ...}` there need be no map, with and without an index."""
    executable = tmp_path / "theirs"
    executable.write_text(
        '#!/bin/sh\n[ "$1" = root.no ] && { echo "Error: not that one"; exit 3; }\necho root.theirs\n'
    )
    executable.chmod(0o755)
    policy = tmp_path / "policy"
    policy.mkdir()
    (policy / "site.yaml").write_text(f"policy: {{exec: {executable}}}\n")
    environ = {"PATH": f"{ROOT / 'wrappers'}:/usr/bin:/bin", "PLACEMENT_POLICY": str(policy)}

    def run(*command):
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    for _ in ("without an index", "with one"):
        assert (run("policy").stdout, run("policy").stderr) == ("root.theirs\n", "")
        refused = run("policy", "root.no")
        assert (refused.returncode, refused.stdout) == (3, "")
        assert "Error: not that one" in refused.stderr
