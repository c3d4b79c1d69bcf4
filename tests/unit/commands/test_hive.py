import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import hive
from placement.commands.base import Surroundings
from placement.errors import PlacementError

MR, TEZ = "mapreduce.job.queuename", "tez.queue.name"
URL = "jdbc:hive2://host:10000/db"


def read(*arguments, command="beeline"):
    return hive.read(command, list(arguments), Surroundings({}, None, {}.get))


def asked(reading):
    return (reading.request.queue, reading.request.source) if reading.request else None


REQUESTS = {
    "none": (["-u", URL], None),
    "mapreduce": (["--hiveconf", f"{MR}=q"], ("q", f"--hiveconf {MR}")),
    "tez": (["-hiveconf", f"{TEZ}=q"], ("q", f"--hiveconf {TEZ}")),
    "with equals": ([f"--hiveconf={TEZ}=q"], ("q", f"--hiveconf {TEZ}")),
    "the last counts": (["--hiveconf", f"{TEZ}=q", "--hiveconf", f"{TEZ}=r"], ("r", f"--hiveconf {TEZ}")),
    "the old name": (["--hiveconf", "mapred.job.queue.name=q"], ("q", "--hiveconf mapred.job.queue.name")),
    "in the URL": (["-u", f"{URL};ssl=true?{TEZ}=q;a=b#c=d"], ("q", f"{TEZ} in the URL")),
    "in the URL, encoded": (["-u", f"{URL}?{MR}=root%2Eq"], ("root.q", f"{MR} in the URL")),
    "beaten in the URL": (["-u", f"{URL}?{TEZ}=q", "--hiveconf", f"{TEZ}=r"], ("r", f"--hiveconf {TEZ}")),
    "of another part of the URL": (["-u", f"{URL};{TEZ}=q#{MR}=q"], None),
    "by the engine": (
        ["--hiveconf", f"{TEZ}=t", "--hiveconf", f"{MR}=m", "--hiveconf", "hive.execution.engine=mr"],
        ("m", f"--hiveconf {MR}"),
    ),
    "by the engine in the URL": (
        ["-u", f"{URL}?hive.execution.engine=spark;spark.yarn.queue=s", "--hiveconf", f"{TEZ}=t"],
        ("s", "spark.yarn.queue in the URL"),
    ),
    "a statement that looks like it": (["-e", f"hiveconf {TEZ}=q"], None),
    "behind the end of the options": (["-u", URL, "--", "--hiveconf", f"{TEZ}=q"], None),
    "two words": (["--hiveconf", TEZ, "q"], ("q", f"--hiveconf {TEZ}")),
    "a variable": (["--hivevar", f"{TEZ}=q"], None),
}


@pytest.mark.parametrize("command", ["beeline", "hive"])
@pytest.mark.parametrize("case", REQUESTS)
def test_request(case, command):
    arguments, request = REQUESTS[case]
    reading = read(*arguments, command=command)
    assert asked(reading) == request
    assert reading.submits


PASSING = [
    ("beeline", ["--help"]),
    ("beeline", ["-h"]),
    ("beeline", ["--version"]),
    ("beeline", ["--getUrlsFromBeelineSite"]),
    ("beeline", ["--hiveconf"]),
    ("hive", ["-H"]),
    ("hive", ["--help"]),
    ("hive", ["--service", "metastore", "-p", "9083"]),
    ("hive", ["--service", "hiveserver2", "--hiveconf", f"{TEZ}=q"]),
    ("hive", ["--service", "beeline", "--version"]),
    ("hive", ["-e"]),
]


@pytest.mark.parametrize(("command", "arguments"), PASSING)
def test_what_submits_nothing_passes_and_says_why(command, arguments):
    reading = read(*arguments, command=command)
    assert not reading.submits
    assert reading.why


SESSIONS = [
    ("hive", []),
    ("hive", ["-e", "select 1", "-S", "-v", "--database", "d", "-d", "a=b"]),
    ("hive", ["--service", "cli", "-f", "x.sql", "--debug:port=1"]),
    ("hive", ["--service", "beeline", "-u", URL]),
    ("beeline", ["-u", URL, "-n", "a", "-p", "-e", "select 1", "--color=true", "--verbose"]),
]


@pytest.mark.parametrize(("command", "arguments"), SESSIONS)
def test_sessions_are_placed(command, arguments):
    assert read(*arguments, command=command).submits


@pytest.mark.parametrize("command", ["beeline", "hive"])
def test_an_unknown_option_is_an_error(command):
    with pytest.raises(PlacementError) as caught:
        read("-X", "y", command=command)
    assert caught.value.problems[0].code == "unknown-option"


def test_the_proxy_user_of_the_url():
    assert read("-u", f"{URL};hive.server2.proxy.user=bob?a=b").proxy_user == "bob"
    assert read("-u", URL).proxy_user is None


def placed(*arguments):
    return hive.place(read(*arguments), "root.q", "placement:1")[len(arguments) :]


def options(*properties):
    return [word for each in properties for word in ("--hiveconf", each)]


def test_place():
    both = [f"{MR}=root.q", f"{TEZ}=root.q"]
    assert placed("-u", URL) == options(*both, "mapreduce.job.tags=placement:1")
    assert placed("--hiveconf", "mapreduce.job.tags=a") == options(*both, "mapreduce.job.tags=a,placement:1")
    assert placed("-u", f"{URL}?hive.query.tag=a") == options(*both, "hive.query.tag=a,placement:1")
    old = options(*both, "mapred.job.queue.name=root.q", "mapreduce.job.tags=placement:1")
    assert placed("--hiveconf", "mapred.job.queue.name=x") == old


def test_place_stays_before_the_end_of_the_options():
    arguments = hive.place(read("-u", URL, "--", "x"), "root.q", "placement:1")
    assert arguments[:3] == ["-u", URL, "--hiveconf"]
    assert arguments[-2:] == ["--", "x"]
    assert hive.place(read("-e", "a", "--", "b"), "root.q", "placement:1")[:4] == ["-e", "a", "--", "b"]  # its values


@given(st.lists(st.sampled_from(["-u", URL, "-e", "x", "--hiveconf", f"{TEZ}=q", "a", "--", "-p", "-i", "--color=x"])))
def test_what_is_placed_reads_as_placed(arguments):
    reading = read(*arguments)
    if reading.submits:
        again = read(*hive.place(reading, "root.q", "placement:1"))
        assert (again.request.queue, again.tags) == ("root.q", "placement:1")


AM, CONTAINER, MR_AM = "tez.am.resource.memory.mb", "hive.tez.container.size", "yarn.app.mapreduce.am.resource.mb"
ENGINE = "hive.execution.engine"
ASKED = {
    "nothing said": ((), None),
    "tez": ((f"{AM}=2048", f"{CONTAINER}=4096"), [("master", 2048), ("task", 4096)]),
    "containers alone": ((f"{ENGINE}=tez", f"{CONTAINER}=4096"), None),
    "mapreduce": ((f"{ENGINE}=mr", f"{MR_AM}=2048"), [("master", 2048), ("map", 1024), ("reduce", 1024)]),
    "mapreduce by the server's settings": ((f"{ENGINE}=mr", f"{AM}=2048"), None),
    "spark": ((f"{ENGINE}=spark", f"{AM}=2048"), None),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_a_session_asks_for_where_it_says_so(case):
    settings, expected = ASKED[case]
    for reading in (read(*options(*settings)), read("-u", f"{URL}?{';'.join(settings)}")):
        assert expected == (reading.asked and [(role.name, role.memory_mib) for role in reading.asked.roles()])
