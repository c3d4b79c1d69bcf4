"""What becomes of submissions while the ResourceManager fails: the table of docs/admission.md, as it really is.

A real agent, wrappers and real commands; the ResourceManager says what a real one said, until it fails.
"""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile

import pytest

from tests.conftest import ROOT
from tests.unit.agent.site_of_faults import FAULTS, FULL, Cluster, Place, last_answer, soon, submission

STALE_S, OVERDUE_S = 60, 125  # the latter: also for a turn that is not used
WANTED = {  # who asks for it, and how
    "run": (("--num-executors", "1"), "alice"),
    "wait": (("--num-executors", "1"), "bob"),
    "reject": (("--executor-memory", "100g"), "alice"),
}
# wanted, on-error: exit status, the queue of the real command (None: it did not run), words
BRIEF = {
    ("run", "closed"): (3, "root.default", "`root.default` by "),
    ("run", "open"): (3, "root.default", "`root.default` by "),
    ("wait", "closed"): (75, None, "reject[no-room-now]"),
    ("wait", "open"): (75, None, "reject[no-room-now]"),
    ("reject", "closed"): (77, None, "reject[container]"),
    ("reject", "open"): (77, None, "reject[container]"),
}
UNSURE = "error[agent-unsure]: the agent cannot tell: the cluster was last seen"
LONG = {
    (wanted, on_error): (69, None, UNSURE)
    if on_error == "closed"
    else (3, {"alice": "root.default", "bob": FULL}[who], UNSURE)
    for wanted, (_, who) in WANTED.items()
    for on_error in ("closed", "open")
}


def documented():
    """What a submission ends with as docs/admission.md has it: rows of `run`, `wait`, `reject`; 3: as the command."""
    lines = (ROOT / "docs" / "admission.md").read_text().partition("| what fails | it has room |")[2].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")[1:]] for line in takewhile(bool, lines)]
    return [[int((re.findall(r"\b\d\d\b", cell) or [3])[0]) for cell in row] for row in rows]


def test_the_document_says_so():
    nothing, briefly, closed, opened, *ledger_and_agent = documented()
    assert nothing == briefly == [BRIEF[wanted, "closed"][0] for wanted in WANTED]
    assert briefly == [BRIEF[wanted, "open"][0] for wanted in WANTED]
    assert closed == [LONG[wanted, "closed"][0] for wanted in WANTED]
    assert opened == [LONG[wanted, "open"][0] for wanted in WANTED]
    assert ledger_and_agent == [closed, opened] * 2  # tried in test_agent_ledger_faults and test_waiting


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    cluster = Cluster()
    found = Place(tmp_path_factory.mktemp("gateway"), cluster)
    for on_error in ("closed", "open"):
        found.site(more=f"on-error: {on_error}\n")
        shutil.copytree(found.policy, found.folder / on_error)
    found.running = found.agent()
    yield found
    found.kill()
    cluster.close()


def outcome(place, wanted, on_error):
    """Exit status, queue of the real command, and what was said."""
    options, user = WANTED[wanted]
    more = {"HADOOP_USER_NAME": user, "PLACEMENT_WAIT": "0", "PLACEMENT_POLICY": str(place.folder / on_error)}
    status, out, err = place.run(*options, **more)
    queue = re.search("<--queue>\n<(.*)>", out)
    return status, queue and queue[1], err


def table(place, title, expected):
    """Tries each line of the table, several at once; prints what came of it. What was said, all together."""
    with ThreadPoolExecutor(3) as at_once:
        outcomes = list(at_once.map(lambda line: outcome(place, *line), expected))
    for ((wanted, on_error), (status, queue, words)), found in zip(expected.items(), outcomes, strict=True):
        print(f"{title:>24}, {wanted:>6}, on-error {on_error:>6}: {found[0]} {found[1]} {found[2].strip()}")
        assert found[:2] == (status, queue)
        assert words in found[2]
        assert ("on-error is open" in found[2]) == (on_error == "open" and words == UNSURE)
    return "".join(said for _, _, said in outcomes)


@pytest.mark.parametrize("fault", [*filter(None, FAULTS), "an hour"])
def test_a_fault_of_the_resource_manager(place, fault):
    cluster, agent = place.cluster, place.running
    is_an_hour = fault == "an hour"
    number = 100 + [*FAULTS, "an hour"].index(fault)
    waits = agent.client(submission(number))
    assert waits.answer()["place"] == 1
    noticed = place.log().count("cluster-not-seen")
    cluster.begin("down" if is_an_hour else fault)
    assert soon(lambda: place.log().count("cluster-not-seen") > noticed)
    if not is_an_hour:
        table(place, f"{fault}, briefly", BRIEF)
    place.passes(3600 if is_an_hour else OVERDUE_S)
    said = table(place, f"{fault}, longer", LONG)
    assert all(float(age_s) > (3600 if is_an_hour else STALE_S) for age_s in re.findall(r"seen (\d+) s ago", said))
    told = soon(lambda: "last seen" in (said := waits.answer())["message"] and said)
    assert (told["outcome"], told["place"]) == ("wait", 1)
    assert agent.status()["resource_manager"]["error"]
    cluster.shows(2, 3)
    cluster.heal()
    assert last_answer(waits)["outcome"] == "run"
    cluster.shows(3, 3)
    cluster.seen()
    assert outcome(place, "run", "closed")[:2] == (3, "root.default")
