"""What ended, from a ResourceManager that answers as Hadoop's, and from one that misbehaves."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.observe import yarn
from placement.observe.run import Account, Part
from placement.observe.yarn import EndedApp, FinishedApplications, run
from tests.unit.yarn.stub import answer, app, code_of, serving

NEVER = 10**9


def ended(number=1, at_ms=1_700_000_060_000, **more):
    said = {"state": "FINISHED", "finalStatus": "SUCCEEDED", "startedTime": at_ms - 60_000, "finishedTime": at_ms}
    return app(number, applicationType="SPARK", **(said | {"memorySeconds": 61440, "vcoreSeconds": 60} | more))


class Manager:
    """A ResourceManager that filters and limits as Hadoop's does: any of those that fit."""

    def __init__(self, apps, bad=()):
        self.apps = apps
        self.bad = bad

    def __call__(self, request):
        said = dict(re.findall(r"(finishedTimeBegin|finishedTimeEnd|limit)=(\d+)", request))
        first, last = int(said["finishedTimeBegin"]), int(said["finishedTimeEnd"])
        if any(first <= each <= last for each in self.bad):
            return answer("<html>")
        found = [each for each in reversed(self.apps) if first <= each["finishedTime"] <= last]
        return answer({"apps": {"app": found[: int(said.get("limit", NEVER))]}})


def listed(manager, begin_s=0, end_s=2e9):
    with serving(manager) as rm:
        finished = FinishedApplications([rm.address])
        return finished.finished(begin_s, end_s), finished, rm


@pytest.mark.parametrize("same", [1, 1000])
def test_pages_give_each_once_in_the_order_of_their_ends(monkeypatch, same):
    monkeypatch.setattr(yarn, "PAGE", 10)
    apps = [ended(each, 1_700_000_000_000 + each // same * 7919) for each in range(137)]
    found, _, rm = listed(Manager(apps))
    assert [each.id for each in found] == [each["id"] for each in apps]
    assert "states=FINISHED%2CFAILED%2CKILLED" in rm.lines[0]


def test_a_moment_that_cannot_be_read_is_counted_and_passed_over():
    apps = [ended(each, 1_700_000_000_000 + each * 1000) for each in range(9)]
    end_s = 1_700_000_008.0
    found, finished, _ = listed(Manager(apps, bad=[1_700_000_003_000]), 1_700_000_000.0, end_s)
    assert [each.id for each in found] == [each["id"] for each in apps if not each["id"].endswith("0003")]
    assert finished.counted == {"answer not understood": 1}


def test_one_who_never_answers_as_expected_is_given_up():
    with serving(answer("<html>")) as rm:
        code, _ = code_of(lambda: FinishedApplications([rm.address]).finished(0, 2e9))
        assert code == "rm-answer"
        assert len(rm.lines) < 50


def test_a_run_has_the_decision_of_its_tag_and_what_was_allocated():
    (found,), _, _ = listed(Manager([ended(tags="x,placement:0123456789abcdef", diagnostics="")]))
    assert (found.decision, found.kind, found.ended, found.runtime_s) == ("0123456789abcdef", "spark", "succeeded", 60)
    assert (found.memory_mib_s, found.vcore_s) == (61440, 60)
    ((features, outcome),) = found.observations()
    assert (features["role"], features["user"], features["application"]) == ("application", "alice", "n")
    assert (outcome.peak_bytes, outcome.runtime_s) == (None, 60)  # what was allocated is no peak


def test_names_that_look_like_numbers_are_names():
    (found,), _, _ = listed(Manager([ended(name=20261120, user=1000, applicationTags=7)]))
    assert (found.name, found.user, found.tags) == ("20261120", "1000", ("7",))


def test_want_of_memory_is_the_masters_or_the_others():
    words = "AM Container for appattempt_1_1_000001 exited with exitCode: -104"
    told = Account((Part("driver", 1024.0), Part("executor", 2048.0)))
    of_master = run(EndedApp("application_1_1", "ann", "q", "FAILED", "FAILED", diagnostics=words))
    ends = {features["role"]: outcome.ended for features, outcome in of_master.told(told, float).observations()}
    assert ends == {"application": "out-of-memory", "driver": "out-of-memory", "executor": "failed"}
    of_others = run(EndedApp("application_1_1", "ann", "q", "FAILED", "FAILED", diagnostics="Exit status: 137"))
    ends = {features["role"]: outcome.ended for features, outcome in of_others.told(told, float).observations()}
    assert ends == {"application": "out-of-memory", "driver": "failed", "executor": "out-of-memory"}


ANYTHING = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from([0, -1, 10**18, 10**30, float("nan"), "x" * 10**6, "\0'; DROP TABLE runs; --", "%s{0}\n\ud800"]),
    st.lists(st.integers(), max_size=2),
)


@given(st.fixed_dictionaries(dict.fromkeys(EndedApp.__struct_fields__[4:], ANYTHING)), ANYTHING)
def test_whatever_is_said_a_run_has_plausible_numbers_and_short_names(said, final_status):
    found = run(EndedApp("application_1_1", "ann", "q", "FAILED", **(said | {"finalStatus": final_status})))
    assert len(found.name) <= 1000
    assert found.runtime_s is None or found.runtime_s > 0
    for features, outcome in found.observations():
        assert features["input_bytes"] is None
        assert outcome.runtime_s is None or 0 < outcome.runtime_s < 1e9
        assert outcome.peak_bytes is None
