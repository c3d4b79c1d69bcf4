"""What becomes of submissions while the ResourceManager fails: the table of docs/admission.md, as it really is.

A real agent, wrappers and real commands; the ResourceManager says what a real one said, until it fails.
"""

import re

import pytest

from tests.unit.agent.site_of_faults import FAULTS, FULL, Cluster, Place, last_answer, soon, submission

STALE_S = 60
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
UNSURE = "error[agent-unsure]: the agent cannot tell: the cluster was last seen {}"
LONG = {
    (wanted, on_error): (69, None, UNSURE)
    if on_error == "closed"
    else (3, {"alice": "root.default", "bob": FULL}[who], UNSURE)
    for wanted, (_, who) in WANTED.items()
    for on_error in ("closed", "open")
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    cluster = Cluster()
    found = Place(tmp_path_factory.mktemp("gateway"), cluster)
    found.on_error = {}
    for on_error in ("closed", "open"):
        found.site(more=f"on-error: {on_error}\n")
        found.on_error[on_error] = (found.policy / "site.yaml").read_text()
    found.running = found.agent()
    yield found
    found.kill()
    cluster.close()


def outcome(place, wanted, on_error):
    """Exit status, queue of the real command, and what was said."""
    (place.policy / "site.yaml").write_text(place.on_error[on_error])
    options, user = WANTED[wanted]
    status, out, err = place.run(*options, HADOOP_USER_NAME=user, PLACEMENT_WAIT="0")
    queue = re.search("<--queue>\n<(.*)>", out)
    return status, queue and queue[1], err


def table(place, expected, seen):
    for (wanted, on_error), (status, queue, words) in expected.items():
        found = outcome(place, wanted, on_error)
        print(f"{place.cluster.fault:>9} {seen:>8} {wanted:>6} {on_error:>6}: {found[0]} {found[1]} {found[2].strip()}")
        assert found[:2] == (status, queue)
        assert words.format(seen) in found[2]
        assert ("on-error is open" in found[2]) == (on_error == "open" and words == UNSURE)


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
        table(place, BRIEF, "")
    place.passes(3600 if is_an_hour else STALE_S + 10)
    table(place, LONG, "36" if is_an_hour else "7")
    said = soon(lambda: (answer := waits.answer()) if "last seen" in (answer := waits.answer())["message"] else None)
    assert (said["outcome"], said["place"]) == ("wait", 1)
    assert soon(lambda: agent.status()["resource_manager"]["error"])
    cluster.shows(2, 3)
    cluster.heal()
    assert last_answer(waits)["outcome"] == "run"
    cluster.shows(3, 3)
    cluster.seen()
    table_after = outcome(place, "run", "closed")
    assert table_after[:2] == (3, "root.default")
