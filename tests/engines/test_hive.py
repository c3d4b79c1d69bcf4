"""A wrapped beeline on a real HiveServer2: what arrives there, and where its queries land."""

import pytest

from tests.cluster.configuration import ADMIN
from tests.cluster.gateway import Gateway
from tests.engines.hive_server import HiveServer

PROD, DEV = "root.applications.prod", "root.applications.dev"
QUEUE_KEYS = ("mapreduce.job.queuename", "tez.queue.name", "mapred.job.queue.name")


class HiveGateway(Gateway):
    def environment(self, user):
        environ = super().environment(user)
        return environ | {"PATH": f"{environ['PATH']}:{self.server.beeline.parent}"}

    def says(self, *arguments, url="", keys=QUEUE_KEYS, **more):
        """{key: value} of what the server says of some keys, in a session with those arguments."""
        asked = [word for key in keys for word in ("-e", f"set {key};")]
        done = self.run(
            "alice",
            "beeline",
            "-u",
            self.server.url + url,
            "-n",
            "alice",
            "--silent=true",
            "--outputformat=tsv2",
            *arguments,
            *asked,
            **more,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [line.strip("'\" ") for line in done.stdout.splitlines()]
        return dict(line.split("=", 1) for line in lines if line.startswith(keys) and "=" in line)


@pytest.fixture(scope="module")
def _servers():
    servers = []
    yield servers
    for server in servers:
        server.__exit__()


@pytest.fixture
def hive(fair_yarn, _servers, tmp_path, tmp_path_factory):
    if not _servers:
        _servers.append(HiveServer(fair_yarn, tmp_path_factory.mktemp("hive")).__enter__())
    gateway = HiveGateway(fair_yarn, tmp_path)
    gateway.server = _servers[0]
    return gateway


ASKED = {
    "nothing": ([], "", PROD),
    "hiveconf": (["--hiveconf", f"mapreduce.job.queuename={DEV}"], "", DEV),
    "the last of two": (["-hiveconf", f"tez.queue.name={PROD}", f"--hiveconf=tez.queue.name={DEV}"], "", DEV),
    "in the URL": ([], f"?mapreduce.job.queuename={DEV}", DEV),
    "in the URL, beaten": (["--hiveconf", f"tez.queue.name={DEV}"], f"?tez.queue.name={PROD}#a=b", DEV),
    "its old name": (["--hiveconf", f"mapred.job.queue.name={DEV}"], "", DEV),
    "its old name in the URL": ([], f"?mapred.job.queue.name={DEV};a=b", DEV),
    "by its engine": (
        ["--hiveconf", "hive.execution.engine=mr", "--hiveconf", f"tez.queue.name={PROD}"],
        f"?mapreduce.job.queuename={DEV}",
        DEV,
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_the_decided_queue_arrives_for_every_engine(hive, case):
    arguments, url, decided = ASKED[case]
    said = hive.says(*arguments, url=url)
    assert said == dict.fromkeys(QUEUE_KEYS, decided)


def test_users_own_tags_stay_beside_ours(hive):
    said = hive.says("--hiveconf", "mapreduce.job.tags=mine,userid=x", keys=("mapreduce.job.tags",))
    mine, userid, ours = said["mapreduce.job.tags"].split(",")
    assert (mine, userid, ours[:10]) == ("mine", "userid=x", "placement:")


def test_a_set_in_the_session_wins_over_the_wrapper(hive, tmp_path):
    """What docs/wrappers.md says a wrapper cannot do."""
    (tmp_path / "init.sql").write_text("set tez.queue.name=root.its-own;\n")
    assert hive.says("-i", tmp_path / "init.sql", keys=("tez.queue.name",)) == {"tez.queue.name": "root.its-own"}


def test_a_denied_queue_never_reaches_the_server(hive):
    done = hive.run(
        "alice",
        "beeline",
        "-u",
        hive.server.url,
        "--hiveconf",
        "tez.queue.name=root.applications.nosuch",
        "-e",
        "set x;",
    )
    assert (done.returncode, done.stdout) == (77, "")


def test_a_query_lands_where_the_map_says(hive):
    yarn = hive.yarn
    yarn.scheduler_file.write_text(yarn.scheduler_file.read_text().replace("> prod<", f">{ADMIN} prod<"))
    yarn.restart_resource_manager()  # until the next test: the server may submit there
    query = "select count(distinct a) from (select 1 as a union all select 2) u"
    settings = ("--hiveconf", "hive.query.tag=mine")
    done = hive.run("alice", "beeline", "-u", hive.server.url, "-n", "alice", *settings, "-e", query)
    assert done.returncode == 0, done.stdout + done.stderr
    for each in yarn.applications():
        ended = yarn.wait(each["id"])
        assert (ended["queue"], ended["applicationType"], ended["finalStatus"]) == (PROD, "MAPREDUCE", "SUCCEEDED")
        kinds = {tag.partition(":")[0].partition("=")[0] for tag in ended["applicationTags"].split(",")}
        assert {"mine", "placement", "userid"} <= kinds
    assert yarn.applications()
