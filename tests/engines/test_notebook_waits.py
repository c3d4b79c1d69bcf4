"""A notebook's Spark waits for its turn in the cell that begins it; the agent says what a test wants."""

import threading
import time

import pytest

from placement.spark_home import make, wrappers_folder
from tests.cluster import parts
from tests.cluster.notebook_server import children, words
from tests.cluster.notebooks import Notebooks
from tests.unit.scripted_agent import RUN, WAIT, StubAgent

DEV = "root.applications.dev"
WAITING = {**WAIT, "queue": DEV}
BEGIN = "print('rows', spark.range(10).count())"
TOLD = f"3 of 12 for {DEV}, starts in "


@pytest.fixture
def notebooks(fair_yarn, tmp_path):
    found = Notebooks(fair_yarn, tmp_path, f"admission: {{socket: {tmp_path}/agent.sock}}\n")
    yield found
    found.stop()


@pytest.fixture
def bob(notebooks, tmp_path):
    """bob's server, whose kernel `waits` has a Spark home in which spark-submit is the wrapper."""
    home = tmp_path / "spark-home"
    make(parts.spark_home(), home, wrappers_folder() / "spark-submit")
    notebooks.install("--name", "waits", "--spark-home", str(home))
    return notebooks.server("bob", "server", "--PlacementProvisioner.unwatched_s=4")


def first_words(kernel, cell):
    """What a cell shows first."""
    for message in kernel.messages(cell):
        if message["msg_type"] == "stream":
            return words(message)
    raise AssertionError("it shows nothing")


def test_the_cell_shows_the_place_and_goes_on_with_the_turn(notebooks, bob, tmp_path):
    go = threading.Event()

    def behave(talk):
        talk.say(WAITING)
        go.wait(60)
        talk.say({**RUN, "queue": DEV})

    with StubAgent(tmp_path / "agent.sock", behave), bob.kernel("waits") as kernel:
        assert kernel.run("1 + 1") == "2\n"  # the kernel does not wait
        cell = kernel.begin(BEGIN)
        shown = first_words(kernel, cell)
        assert TOLD in shown
        assert not notebooks.gateway.yarn.applications(states="RUNNING,ACCEPTED")
        go.set()
        assert "rows 10" in "".join(map(words, kernel.messages(cell)))
        (application,) = notebooks.gateway.yarn.applications(states="RUNNING")
        assert application["queue"] == DEV


@pytest.mark.parametrize("how", ["interrupts", "closes the tab", "shuts the kernel down"])
def test_who_gives_up_keeps_no_place(notebooks, bob, tmp_path, how):
    gone = []
    with StubAgent(tmp_path / "agent.sock", lambda talk: (talk.say(WAITING), gone.append(talk.is_gone(60)))):
        before = len(notebooks.gateway.yarn.applications())
        with bob.kernel("waits") as kernel:
            cell = kernel.begin(BEGIN)
            assert TOLD in first_words(kernel, cell)
            if how == "interrupts":
                assert kernel.ask("interrupt").status_code == 204
                assert "KeyboardInterrupt" in "".join(map(words, kernel.messages(cell, 20)))
            elif how == "closes the tab":
                kernel.__exit__()
            else:
                bob.ask("DELETE", f"kernels/{kernel.id}")
            until_s = time.monotonic() + 30
            while not gone and time.monotonic() < until_s:
                time.sleep(0.1)
            assert gone == [True]
        assert len(notebooks.gateway.yarn.applications()) == before
    assert not children(bob.process.pid)
