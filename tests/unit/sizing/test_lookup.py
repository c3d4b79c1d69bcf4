"""Estimates in the wrapper, from the outside: what conditions see, what is advised, changed and refused."""

import json
import os
import sys
import time

import pytest

from placement.estimate.row import WIDTH
from placement.estimate.table import content
from placement.sizing import inputs
from placement.units import MIB
from tests.conftest import ROOT
from tests.unit.estimate.tables import learned, written
from tests.unit.scripted_agent import RUN, StubAgent
from tests.unit.scripted_agent import Gateway as Admitted
from tests.unit.test_shim import Gateway

JOB = ("spark-submit", "--executor-memory", "16g", "--num-executors", "4", "--name", "nightly", "/x/job.py")
ADVICE = "placement: used 2.1 of 17.6 GiB per executor in the last 12 runs: ask for 2g (--executor-memory 2g)"


class Estimating(Gateway):
    """A gateway with a table of estimates, and a map that goes by memory."""

    def __init__(self, folder):
        super().__init__(folder)
        self.map("alice: root.large if memory > 40g or duration > 2h or input > 1t\nalice: root.small\n")
        self.table = folder / "estimates.table"
        self.learn(learned())
        self.estimates("")

    def learn(self, estimator):
        self.table.write_bytes(written(estimator))
        self.table.chmod(0o644)

    def estimates(self, more):
        trail = f"audit: {{file: {self.folder}/trail.jsonl, arguments: masked}}\n"
        self.site(f"groups: {{static: groups.yaml}}\n{trail}estimates: {{table: {self.table}, {more}}}\n")

    def job(self, *command, **environ):
        """Status, the queue that it runs in, and the lines that were said."""
        done = self.run(*(command or JOB), **environ)
        words = done.stdout.decode().splitlines()
        queue = words[words.index("<--queue>") + 1].strip("<>") if "<--queue>" in words else None
        return done.returncode, queue, done.stderr.decode().splitlines()

    def record(self):
        return json.loads((self.folder / "trail.jsonl").read_text().splitlines()[-1])


@pytest.fixture
def gateway(tmp_path):
    tmp_path.chmod(0o755)
    return Estimating(tmp_path)


def test_conditions_see_the_estimate_and_less_is_advised(gateway):
    for _ in range(2):  # of the files, of the index
        status, queue, lines = gateway.job()
        assert (status, queue, lines[1:]) == (3, "root.small", [ADVICE])
    facts = gateway.record()["facts"]
    assert facts["memory"] < 15_000
    assert (facts["duration"], facts["input"], facts["executors"]) == (600, 1e9 / MIB, 4)
    demand = gateway.record()["demand"]
    assert demand["asked"]["memory_mib"] == 896 + 4 * 18022
    assert demand["estimated"]["memory_mib"] == facts["memory"]
    assert demand["estimated"]["basis"] == "12 runs of nightly by alice, the last yesterday"
    assert gateway.record()["right_sized"] == []


ASKED = {
    "another job": ((*JOB[:-3], "--name", "other", "/x/other.py"), {}),
    "another user's job": (JOB, {"user": "bob"}),
    "no table": (JOB, {}),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_is_asked_counts_in_silence(gateway, case):
    command, environ = ASKED[case]
    gateway.map("*: root.large if memory > 40g\n*: root.small\n".replace(":", ""))
    if case == "no table":
        gateway.table.unlink()
    status, queue, lines = gateway.job(*command, **environ)
    assert (status, queue, len(lines)) == (3, "root.large", 1)


def spoilt(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


FAULTS = {
    "no table at all": (lambda _: b"what", "estimates-damaged"),
    "an empty file": (lambda _: b"", "estimates-damaged"),
    "half of it": (lambda data: data[: len(data) // 4], "estimates-damaged"),
    "a spoilt head": (lambda data: spoilt(data, 30), "estimates-damaged"),
}


@pytest.mark.parametrize("on_error", ["open", "closed"])
@pytest.mark.parametrize("case", FAULTS)
def test_a_damaged_table_is_said_and_what_is_asked_counts(gateway, case, on_error):
    change, code = FAULTS[case]
    gateway.table.write_bytes(change(gateway.table.read_bytes()))
    with (gateway.policy / "site.yaml").open("a") as file:
        file.write(f"on-error: {on_error}\n")
    status, queue, lines = gateway.job()
    assert (status, queue, len(lines)) == (3, "root.large", 2)
    assert f"warning[{code}]" in lines[0]
    assert "what is asked for counts" in lines[0]
    assert code in str(gateway.record()["troubles"])


def test_numbers_that_no_run_can_have_are_damage(gateway):
    rows = list(learned().rows())
    for _, row in rows:
        row.count = float("inf")
    gateway.table.write_bytes(content([(key, row.numbers()) for key, row in rows], WIDTH, 0))
    status, queue, lines = gateway.job()
    assert (status, queue) == (3, "root.large")
    assert "warning[estimates-damaged]" in lines[0]


def test_a_table_of_a_stranger_is_not_believed(gateway):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(gateway.table, 12345, 12345)
    _, queue, lines = gateway.job()
    assert queue == "root.large"
    assert "warning[estimates-owner]" in lines[0]
    os.chown(gateway.policy / "map.txt", 12345, 12345)  # then it is the policy's owner's
    assert gateway.job()[1] == "root.small"


def in_all_hands(gateway):
    gateway.table.chmod(0o666)


def in_an_open_folder(gateway):
    gateway.folder.chmod(0o777)


def a_fifo(gateway):
    gateway.table.unlink()
    os.mkfifo(gateway.table)


@pytest.mark.parametrize(
    ("change", "code"),
    [(in_all_hands, "writable-by-all"), (in_an_open_folder, "writable-by-all"), (a_fifo, "unreadable")],
)
def test_a_table_that_others_may_have_written_is_not_believed(gateway, change, code):
    change(gateway)
    status, queue, lines = gateway.job()
    assert (status, queue) == (3, "root.large")
    assert f"warning[{code}]" in lines[0]


# --- a smaller request ------------------------------------------------------------------------------------------------


def test_a_request_is_made_smaller_where_both_want_it(gateway):
    gateway.estimates("right-size: offer")
    done = gateway.run(*JOB, PLACEMENT_RIGHT_SIZE="1")
    words = done.stdout.decode().splitlines()
    assert words[words.index("<--executor-memory>", 2) + 1] == "<2g>"
    assert words.index("<--executor-memory>", 2) > words.index("<16g>")
    line = done.stderr.decode().splitlines()[1]
    assert line.startswith(
        "placement: 2.4 instead of 17.6 GiB per executor (--executor-memory 2g: 12 runs of nightly by "
    )
    assert line.endswith("; unset PLACEMENT_RIGHT_SIZE to ask for what you type")
    (sized,) = gateway.record()["right_sized"]
    assert (sized["role"], sized["words"], sized["asked_mib"]) == ("executor", ["--executor-memory", "2g"], 18022)
    assert sized["container_mib"] * MIB >= gateway.record()["demand"]["estimated"]["roles"][1]["safe_bytes"]
    assert gateway.record()["arguments"] == list(JOB[1:])


UNCHANGED = {
    "the site does not offer it": ("", "1", 12, ""),
    "nobody asks for it": ("right-size: offer", "", 12, ""),
    "it is switched off": ("right-size: offer", "0", 12, ""),
    "another word": ("right-size: offer", "yes", 12, "warning[bad-right-size]"),
    "too few runs": ("right-size: offer", "1", 4, ""),
}


@pytest.mark.parametrize("case", UNCHANGED)
def test_a_request_stays_as_it_was_typed(gateway, case):
    settings, said, runs, trouble = UNCHANGED[case]
    gateway.learn(learned([2.1, 2.0, 2.05, 2.0] * (runs // 4)))
    gateway.estimates(settings)
    done = gateway.run(*JOB, PLACEMENT_RIGHT_SIZE=said)
    assert done.stdout.decode().count("<--executor-memory>") == 1
    assert trouble in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 2 + bool(trouble)


def test_a_request_is_as_typed_again_after_it_was_too_small(gateway):
    gateway.estimates("right-size: offer")
    gateway.learn(learned([None], ended="out-of-memory", request_bytes=3072 * MIB, estimator=learned()))
    assert b"<2g>" not in gateway.run(*JOB, PLACEMENT_RIGHT_SIZE="1").stdout


def test_nothing_is_advised_where_the_site_does_not_want_that(gateway):
    gateway.estimates("advise: false")
    assert len(gateway.job()[2]) == 1


def test_little_is_imported(gateway):
    code = (
        f"import sys; sys.path.append('{ROOT}'); import placement.shim as shim; "
        "shim.become = lambda *_: print(*sys.modules, flush=True) or 0; shim.main()"
    )
    for _ in range(2):
        done = gateway.run(sys.executable, "-I", "-S", "-c", code, f"{ROOT}/wrappers/spark-submit", *JOB[1:])
    loaded = set(done.stdout.decode().split())
    assert {"placement.sizing.lookup", "placement.sizing.right_size"} <= loaded
    assert not loaded & {
        "json",
        "numpy",
        "os",
        "re",
        "enum",
        "struct",
        "array",
        "typing",
        "threading",
        "placement.estimate.learn",
    }
    gateway.site("groups: {static: groups.yaml}\n")
    for _ in range(2):
        done = gateway.run(sys.executable, "-I", "-S", "-c", code, f"{ROOT}/wrappers/spark-submit", *JOB[1:])
    assert not {name for name in done.stdout.decode().split() if "estimate.row" in name or "sizing" in name}


# --- waiting for room -------------------------------------------------------------------------------------------------

DYNAMIC = ("--name", "nightly", "--conf", "spark.dynamicAllocation.enabled=true", "--conf", "spark.executor.memory=16g")
FULL = {"v": 1, "outcome": "reject", "reason": "queue-maximum", "message": "never", "age_s": 1}


@pytest.mark.parametrize("answers", [[RUN], [FULL, RUN]])
def test_room_is_asked_for_as_many_executors_as_earlier_runs_had(tmp_path, answers):
    tmp_path.chmod(0o755)
    gateway = Admitted(tmp_path)
    table = tmp_path / "estimates.table"
    table.write_bytes(written(learned(executors=9)))
    gateway.site(more=f"estimates: {{table: {table}}}\n")
    said = iter(answers)
    with StubAgent(gateway.socket, lambda talk: talk.say(next(said))) as agent:
        status, _, _ = gateway.run(*DYNAMIC)
    assert status == 3
    assert [each["demand"]["containers"] for each in agent.requests] == [9, 0][: len(answers)]
    assert agent.requests[0]["demand"]["container"] == {"memory_mib": 18022, "vcores": 1}


# --- the files of this machine ----------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in" / "more").mkdir(parents=True)
    (tmp_path / "in" / "a").write_bytes(b"x" * 1000)
    (tmp_path / "in" / "more" / "b").write_bytes(b"x" * 500)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "size"),
    [
        (["{}/in"], 1500),
        (["file:{}/in/a"], 1000),
        (["file://{}/in/a", "2026"], 1000),
        (["--input={}/in/a", "{}/in/more"], 1500),
        (["{}/in/a", "{}/missing"], 1000),
        (["{}/missing"], None),
        (["in/a"], None),
        (["{}/in/a", "hdfs://nn/out"], None),
        (["--out=s3a://b/out", "{}/in/a"], None),
        (["/\0", "file:x"], None),
        ([], None),
    ],
)
def test_the_size_of_what_the_command_line_names(files, words, size):
    assert inputs.input_bytes([word.format(files) for word in words]) == size


def test_too_much_to_look_at_is_not_known(files):
    for number in range(inputs.MOST_ENTRIES):
        (files / "in" / f"{number}.txt").touch()
    assert inputs.input_bytes([f"{files}/in"]) is None


def test_a_file_system_that_hangs_holds_nobody_up(monkeypatch, files):
    monkeypatch.setattr(inputs, "_size", lambda *_: time.sleep(2) or 1.0)
    began = time.monotonic()
    assert inputs.input_bytes([f"{files}/in"]) is None
    assert time.monotonic() - began < 1.5


def test_conditions_see_the_size_of_the_input(gateway, files):
    gateway.map("alice: root.large if input > 1k\nalice: root.small\n")
    assert gateway.job(*JOB, f"file:{files}/in")[1] == "root.large"
    assert gateway.job(*JOB, f"file:{files}/in/a")[1] == "root.small"


# --- placement estimate -----------------------------------------------------------------------------------------------


def test_explain_says_what_the_facts_rest_on(gateway, run):
    _, out, _ = run("explain", "--policy", gateway.policy, "--user", "alice", "--", *JOB, MASTER="yarn")
    assert "(duration: 10m, 12 runs of nightly by alice, the last yesterday)" in out
    gateway.table.unlink()
    _, out, _ = run("explain", "--policy", gateway.policy, "--user", "alice", "--", *JOB, MASTER="yarn")
    assert "`memory > 40g` is true (memory: 72984m, as asked for)" in out
    told = run("explain", "--policy", gateway.policy, "--user", "alice", "--fact", "memory=1g", "--", *JOB)[1]
    assert "(memory: 1g)" in told


def test_estimate_says_what_is_asked_what_is_needed_and_why(gateway, run):
    status, out, err = run("estimate", "--policy", gateway.policy, "--user", "alice", "--", *JOB, MASTER="yarn")
    assert (status, err) == (0, "")
    assert "executor: asks for 4 x 17.6 GiB\n  safe 2." in out
    assert "takes 10m, between 10m and 10m (12 runs of nightly by alice" in out
    assert f"advice: {ADVICE.removeprefix('placement: ')}\n" in out
    _, out, _ = run("estimate", "--policy", gateway.policy, "--user", "alice", "--json", "--", *JOB, MASTER="yarn")
    data = json.loads(out)
    assert data["advice"][0]["words"] == ["--executor-memory", "2g"]
    assert data["demand"]["estimated"]["roles"][1]["runs"] == 12


def test_estimate_without_a_table_and_without_estimates(gateway, run):
    gateway.table.unlink()
    status, out, _ = run("estimate", "--policy", gateway.policy, "--", *JOB, MASTER="yarn")
    assert (status, "no table of estimates yet" in out) == (0, True)
    assert run("estimate", "--policy", gateway.policy, "--", "spark-submit", "--version")[1].startswith(
        "it submits nothing"
    )
    gateway.site("groups: process\n")
    status, _, err = run("estimate", "--policy", gateway.policy, "--", *JOB, MASTER="yarn")
    assert (status, "error[estimates-off]" in err) == (78, True)


def test_estimate_of_sql(gateway, run):
    catalogue = gateway.folder / "tables.yaml"
    catalogue.write_text("tables: {sales: {rows: 2e9, fields: {a: {type: bigint, distinct: 1e6}}}}\n")
    gateway.estimates(f"catalogue: {catalogue}")
    sql = "select a, count(*) from sales group by a"
    (gateway.folder / "q.sql").write_text(sql)
    for said in (["-e", sql], ["-f", f"{gateway.folder}/q.sql"]):
        _, out, _ = run("estimate", "--policy", gateway.policy, "--", "spark-sql", "--master", "yarn", *said)
        assert "query: holds " in out
        _, out, _ = run("estimate", "--policy", gateway.policy, "--json", "--", "beeline", *said)
        assert json.loads(out)["query"]["memory_bytes"] > 0
    status, _, err = run("estimate", "--policy", gateway.policy, "--", "hive", "-f", "/not/there")
    assert (status, "error[unreadable]" in err) == (78, True)
    catalogue.unlink()
    status, _, err = run("estimate", "--policy", gateway.policy, "--", "hive", "-e", sql)
    assert (status, "error[no-catalogue]" in err) == (78, True)
