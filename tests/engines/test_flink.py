"""The reading of a command line against Flink's own, and where a wrapped `flink` lands on a real cluster."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from placement.commands import flink
from placement.commands.base import Surroundings
from placement.errors import PlacementError
from tests.cluster import parts
from tests.cluster.gateway import Gateway
from tests.engines.conftest import flink_job
from tests.engines.flink_oracle import FlinkOracle
from tests.engines.parts import FLINK_VERSIONS, flink_home

CONFIGURATIONS = {
    "empty": ("config.yaml", "# nothing\n"),
    "target": ("config.yaml", "execution:\n  target: yarn-per-job\nyarn.application.queue: root.conf # where\n"),
    "application": (
        "config.yaml",
        'taskmanager:\n  memory: {process: {size: 1g}}\nexecution.target: "Yarn-Application"\nyarn:\n  tags: a,b\n',
    ),
    "attached": ("config.yaml", "yarn:\n  application:\n    id: application_1_0001\n    name: 'named'\n"),
    "lines": ("flink-conf.yaml", "execution.target: yarn-application\nyarn.tags: x # y\nyarn.application.queue: \n"),
}


@pytest.fixture(scope="module", params=FLINK_VERSIONS)
def oracle(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"flink-{request.param}")
    with FlinkOracle(request.param, folder) as oracle:
        oracle.version = request.param
        oracle.job = str(flink_job(request.param, folder))
        oracle.folder = folder
        for name, (file, text) in CONFIGURATIONS.items():
            (folder / name).mkdir()
            (folder / name / file).write_text(text)
        yield oracle


def text_of(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def agree(oracle, command, arguments, conf_dir):
    """Whatever Flink would start on YARN we read likewise, and what it would not we may take for a submission only
    where another version would start it."""
    arguments = [oracle.job if word == "job.jar" else word for word in arguments]
    around = Surroundings({"FLINK_CONF_DIR": str(conf_dir)}, None, text_of)
    real = oracle.read(command, conf_dir, arguments)
    try:
        ours = flink.read(command, arguments, around)
    except PlacementError:
        return real
    if command == "flink" and "-yd" in arguments and oracle.version.startswith("2."):
        return real  # an option of 1.x; 2.x takes it for the program, and then finds no such file
    on_yarn = real is not None
    if on_yarn and command == "flink":  # the step that the oracle stands for: a cluster is made, or an executor chosen
        made = "yarn-application" if real["how"] == "deploy" else "yarn-per-job"
        has_it = real["how"] == "deploy" or oracle.version.startswith("1.")
        on_yarn = has_it and (real["target"] or "").lower() == made
    assert ours.submits or not on_yarn
    if not real or not ours.submits:
        return real
    assert (ours.request.queue if ours.request else None) == real["queue"]
    assert (ours.tags, ours.name, ours.application_arguments) == (real["tags"], real["name"], real["arguments"])
    placed = oracle.read(command, conf_dir, flink.place(ours, "root.decided", "placement:1"))
    tags = f"{ours.tags},placement:1" if ours.tags else "placement:1"
    assert placed == real | {"queue": "root.decided", "tags": tags}
    return real


options = [
    *(
        "-t",
        "yarn-per-job",
        "yarn-application",
        "yarn-session",
        "remote",
        "-tyarn-per-job",
        "--target=yarn-application",
    ),
    *("--target", "-target", "--tar", "-t=yarn-per-job", "-e", "--executor", "-eyarn-per-job", "YARN-Application"),
    *("-m", "yarn-cluster", "host:8081", "-myarn-cluster", "--jobmanager", "-jobmanager", "-m=yarn-cluster", "--jobm"),
    *("-Dyarn.application.queue=q1", "-D", "yarn.application.queue=q2", "-Dyarn.tags=t1", "-D=yarn.tags=t", "-Dk"),
    *("-Dexecution.target=yarn-per-job", "-Dexecution.target=remote", "-Dyarn.application.queue", "-Dyarn.tags="),
    *("-Dyarn.application.name=n1", "-Dyarn.application.queue=a=b", '"yarn.application.queue=quoted"', "k", "="),
    *("-yD", "yarn.tags=t2", "-yDyarn.application.queue=q3", "yarn.application.queue = q4", "-yD=yarn.tags=x"),
    *("-yqu", "q5", "-yqu=q6", "--yarnqueue", "-yarnqueue", "--yarnqueue=q7", "--yarnqu", "-yquq8", "--yarnq"),
    *("-ynm", "n2", "--yarnname=n3", "-yid", "application_1_0002", "-yd", "-ys", "-yjm", "--yarn", "-y", "-yz"),
    *("-d", "-dn", "-dv", "-dZ", "-p", "2", "-p2", "-p=2", "--parallelism", "-dp2", "-c", "Job", "-j", "-jjob.jar"),
    *("-a", "-ax", "--arguments", "-a=b", "-s", "-n", "-v", "-h", "--help", "--detached=x", "--", "-", "", "-py"),
    *(
        "job.jar",
        "job.jar",
        "job.jar",
        "--input",
        "-z",
        "-C",
        "file:///x",
        "-sae",
        "-rm",
        "NO_CLAIM",
        "-x",
        "--=",
        "-=",
    ),
]
words = st.lists(st.sampled_from(options), max_size=8)
runs = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@example("run", ["-t", "yarn-per-job"], [], "empty")
@example(
    "run", ["-t", "yarn-application", "-Dyarn.application.queue=a", "-D", "yarn.application.queue=b"], ["x"], "empty"
)
@example("run-application", ["-t", "yarn-application", "-Dyarn.tags=x"], ["-Dyarn.application.queue=its"], "target")
@example("run", ["-m", "yarn-cluster", "-yqu", "q", "-yD", "yarn.tags=T", "-ynm", "n"], [], "empty")
@example("run", ["-Dexecution.target=yarn-per-job"], [], "empty")
@example("run", ["-t", "yarn-per-job", "-a", "x", "y"], [], "lines")
@given(
    action=st.sampled_from(["run", "run", "run", "run-application", "info", "list"]),
    before=words,
    after=st.lists(st.sampled_from(["--input", "x", "-Dyarn.tags=its", "--"]), max_size=2),
    configuration=st.sampled_from([*CONFIGURATIONS, "empty", "empty"]),
)
@runs
def test_we_read_what_flink_reads(oracle, action, before, after, configuration):
    agree(oracle, "flink", [action, *before, "job.jar", *after], oracle.folder / configuration)


session_options = [
    *("-qu", "q1", "--queue", "--queue=q2", "-queue", "-qu=q3", "-q", "--query", "-Dyarn.application.queue=q4", "-D"),
    *("yarn.application.queue=q5", "-Dyarn.application.queue= q6 ", "-Dyarn.tags=a,b", "-nm", "n1", "--name", "-nmn2"),
    *("-d", "-id", "application_1_0003", "-h", "-jm", "1g", "-tm", "-s", "2", "-t", "/tmp", "-z", "-at", "-nl", "-x"),
    *("--detached", "--", "", "x", "-m", "yarn-cluster", "-Dyarn.application.name=n3", "-st", "--applic", "-yd"),
]


@example(["-qu", "q", "-Dyarn.application.queue=d"], "empty")
@given(
    arguments=st.lists(st.sampled_from(session_options), max_size=7),
    configuration=st.sampled_from(list(CONFIGURATIONS)),
)
@runs
def test_we_read_what_yarn_session_reads(oracle, arguments, configuration):
    agree(oracle, "yarn-session.sh", arguments, oracle.folder / configuration)


keys = st.sampled_from(
    [
        *(
            "execution",
            "target",
            "execution.target",
            "yarn",
            "application",
            "queue",
            "tags",
            "yarn.tags",
            "env",
            "java",
        ),
        *(
            "yarn.application",
            "yarn.application.queue",
            "application.queue",
            "'yarn.tags'",
            '"execution.target"',
            "name",
        ),
    ]
)
values = st.sampled_from(
    [
        *("", "", "", "yarn-per-job", "'q 1'", '"q2"', "q3 # c", "q4#5", "12", "true", "null", "~", "[a, b]", "{a: b}"),
        *(
            "|",
            ">-",
            "a: b",
            "'it''s'",
            '"a\\nb"',
            "'open",
            "a b",
            "&x q",
            "*x",
            "!!str 1",
            "-",
            "é",
            "'' x",
            "a:",
            "# c",
        ),
        *("'a' #c", "'a'#c", '"a" b', "0x1F", "1.5", "yes", "2026-01-01", "q\t# c", "- x"),
    ]
)
yaml_lines = st.one_of(
    st.builds("{}{}: {}".format, st.sampled_from(["", "", "", "  ", "  ", "    "]), keys, values),
    st.sampled_from(
        ["# c", "", "---", "  - x", "- yarn.tags: x", "  more", "\tx: y", "yarn:x", "yarn :", "...", "  # c"]
    ),
)


@given(text=st.lists(yaml_lines, max_size=6).map("\n".join))
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("yarn.tags: a\n  b\n")
@example("yarn:\n- tags: x\n")
@example("yarn:\n  application: {queue: x}\n")
@example("env:\n  yarn:\n    tags: x\nyarn:\n  # c\n  tags: 'y' # z\n")
def test_a_configuration_is_read_as_flink_reads_it(oracle, text):
    folder = oracle.folder / "generated"
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(text, newline="")
    agree(oracle, "flink", ["run", "-t", "yarn-application", "job.jar"], folder)
    agree(oracle, "flink", ["run", "-m", "yarn-cluster", "job.jar"], folder)


@given(text=st.text(st.sampled_from("yarn.tgs: #'\t\r\n"), max_size=30))
@example(": a")
@example(":  a : b # c\nyarn.tags: \n")
@runs
def test_lines_of_an_old_configuration(oracle, text):
    folder = oracle.folder / "old"
    folder.mkdir(exist_ok=True)
    (folder / "flink-conf.yaml").write_text(f"yarn.tags{text}\n", newline="")
    if oracle.version.startswith("1."):
        agree(oracle, "flink", ["run", "-t", "yarn-per-job", "job.jar"], folder)


SMALL = [
    "-Djobmanager.memory.process.size=800m",
    "-Dtaskmanager.memory.process.size=1024m",
    "-Dclassloader.check-leaked-classloader=false",
]
LANDINGS = {
    "1.20.5 per job": ("1.20.5", ["run", "-t", "yarn-per-job"], []),
    "1.20.5 old options": (
        "1.20.5",
        ["run", "-m", "yarn-cluster", "-yqu", "applications.dev", "-yD", "yarn.tags=mine"],
        [],
    ),
    "1.20.5 application": ("1.20.5", ["run-application", "-t", "yarn-application", "-Dyarn.tags=mine"], []),
    "2.3.0 application": (
        "2.3.0",
        ["run", "-t", "yarn-application", "-Dyarn.tags=mine"],
        ["-Dyarn.application.queue=root.its-own"],
    ),
}


@pytest.mark.parametrize("case", LANDINGS)
def test_a_wrapped_flink_lands_where_the_map_says(fair_yarn, tmp_path, case):
    version, action, program_arguments = LANDINGS[case]
    gateway = FlinkGateway(fair_yarn, tmp_path, version)
    small = [word for each in SMALL for word in ("-yD", each[2:])] if "-m" in action else SMALL
    before = {each["id"] for each in fair_yarn.applications()}
    done = gateway.run("alice", "flink", *action, *small, flink_job(version, tmp_path), *program_arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    (application,) = [each for each in fair_yarn.applications() if each["id"] not in before]
    ended = fair_yarn.wait(application["id"], 120)
    queue = "root.applications.dev" if "-yqu" in action else "root.applications.prod"
    assert (ended["queue"], ended["finalStatus"], ended["user"]) == (queue, "SUCCEEDED", "alice")
    tags = set(ended["applicationTags"].split(","))
    assert {tag.partition(":")[0] for tag in tags} == (
        {"mine", "placement"} if "mine" in str(action) else {"placement"}
    )


class FlinkGateway(Gateway):
    """A gateway with a Flink; its clients' Hadoop configuration says what containers need, as Flink wants it there."""

    def __init__(self, yarn, folder, version):
        super().__init__(yarn, folder)
        self.version = version
        self.conf_dir = folder / "hadoop-conf"
        self.conf_dir.mkdir()
        for file in yarn.conf_dir.iterdir():
            (self.conf_dir / file.name).write_bytes(file.read_bytes())
        site = self.conf_dir / "yarn-site.xml"
        class_path = f"{self.conf_dir},{parts.hadoop_lib()}/*"
        entry = (
            f"<property><name>yarn.application.classpath</name><value>{class_path}</value></property></configuration>"
        )
        site.write_text(site.read_text().replace("</configuration>", entry))
        self.log_dir = folder / "flink-logs"
        self.log_dir.mkdir()

    def environment(self, user):
        environ = super().environment(user)
        return environ | {
            "PATH": f"{environ['PATH']}:{flink_home(self.version)}/bin",
            "HADOOP_CLASSPATH": f"{parts.hadoop_lib()}/*",
            "HADOOP_CONF_DIR": str(self.conf_dir),
            "FLINK_LOG_DIR": str(self.log_dir),
        }
