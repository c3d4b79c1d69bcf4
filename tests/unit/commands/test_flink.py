import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import flink
from placement.commands.base import Surroundings
from placement.errors import PlacementError

JAR = "job.jar"
RUN = ["run", "-t", "yarn-per-job"]


def read(*arguments, config="", old=None, command="flink", **environ):
    files = {"/flink/conf/config.yaml": config, "/flink/conf/flink-conf.yaml": old}
    return flink.read(command, list(arguments), Surroundings(environ, "/flink", files.get))


def session(*arguments, **more):
    return read(*arguments, command="yarn-session.sh", **more)


def asked(reading):
    return (reading.request.queue, reading.request.source) if reading.request else None


KEY = "yarn.application.queue"
REQUESTS = {
    "none": ([*RUN, JAR], None),
    "property": ([*RUN, f"-D{KEY}=q", JAR], ("q", f"-D {KEY}")),
    "property in two words": ([*RUN, "-D", f"{KEY}=q", JAR], ("q", f"-D {KEY}")),
    "the last counts": ([*RUN, f"-D{KEY}=q", f"-D{KEY}=r", JAR], ("r", f"-D {KEY}")),
    "the program's own": ([*RUN, JAR, f"-D{KEY}=q"], None),
    "behind what is no option": ([*RUN, "--unknown", f"-D{KEY}=q", JAR], None),
    "behind the end of the options": ([*RUN, "--", f"-D{KEY}=q"], None),
    "the old option": (["run", "-m", "yarn-cluster", "-yqu", "q", JAR], ("q", "-yqu")),
    "the first of the old option": (["run", "-m", "yarn-cluster", "-yqu", "q", "-yqu=r", JAR], ("q", "-yqu")),
    "the old property beats it": (
        ["run", "-myarn-cluster", "-yD", f"{KEY}=q", "-yqu", "r", JAR],
        ("q", f"-yD {KEY}"),
    ),
    "the old option counts with -m alone": ([*RUN, "-yqu", "q", JAR], None),
    "the new property does not count with -m": (["run", "-m", "yarn-cluster", f"-D{KEY}=q", JAR], None),
    "a value that looks like it": ([*RUN, "-c", KEY, "-p2", f"-D{KEY}=q=r", JAR], ("q=r", f"-D {KEY}")),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_request(case):
    arguments, request = REQUESTS[case]
    reading = read(*arguments)
    assert asked(reading) == request
    assert reading.submits


SUBMITTING = {
    "per job": [*RUN, JAR],
    "application": ["run", "--target", "yarn-application", JAR],
    "in any case": ["run", "-t", "YARN-Application", JAR],
    "the action of 1.x": ["run-application", "-t", "yarn-application", JAR],
    "the old executor": ["run", "-e", "yarn-per-job", JAR],
    "by property": ["run", "-Dexecution.target=yarn-per-job", JAR],
    "the property beats the option": ["run", "-t", "remote", "-Dexecution.target=yarn-per-job", JAR],
    "python": [*RUN, "-py", "job.py"],
    "jar as an option": [*RUN, "-j", JAR],
}
PASSING = {
    "nothing": [],
    "help": ["--help"],
    "help of run": [*RUN, "-h", JAR],
    "another action": ["list", "-t", "yarn-per-job"],
    "a cluster that stands": ["run", JAR],
    "a session that stands": ["run", "-t", "yarn-session", "-Dyarn.application.id=application_1_1", JAR],
    "an old session": ["run", "-m", "yarn-cluster", "-yid", "application_1_1", JAR],
    "kubernetes": ["run", "-t", "kubernetes-application", JAR],
    "a value is missing": [*RUN, "-p"],
    "ambiguous": [*RUN, "--py", JAR],
    "no program": RUN,
    "not for run-application": ["run-application", "-t", "yarn-per-job", JAR],
}


@pytest.mark.parametrize("case", SUBMITTING)
def test_what_goes_to_yarn(case):
    assert read(*SUBMITTING[case]).submits


@pytest.mark.parametrize("case", PASSING)
def test_what_submits_nothing_passes_and_says_why(case):
    reading = read(*PASSING[case])
    assert not reading.submits
    assert reading.why


def test_what_a_reading_says():
    reading = read("run", "-t", "yarn-application", "-Dyarn.tags=a", "-Dyarn.application.name=n", JAR, "--x", "-d")
    assert (reading.tags, reading.name, reading.deploy_mode) == ("a", "n", "cluster")
    assert (reading.application, reading.application_arguments) == (JAR, ["--x", "-d"])
    assert read(*RUN, JAR).deploy_mode == "client"
    reading = read("run", "-a", JAR, "x", "-t", "yarn-per-job", "y")  # with -a the rest does not count
    assert (reading.application, reading.application_arguments) == (JAR, ["x"])


def test_place_puts_properties_before_the_program():
    placed = flink.place(read(*RUN, "-Dyarn.tags=a", JAR, "x"), "root.q", "placement:1")
    assert placed == [*RUN, "-Dyarn.tags=a", f"-D{KEY}=root.q", "-Dyarn.tags=a,placement:1", JAR, "x"]


def test_place_speaks_the_old_language_to_the_old_reader():
    placed = flink.place(read("run", "-m", "yarn-cluster", JAR), "root.q", "placement:1")
    assert placed == ["run", "-m", "yarn-cluster", "-yD", f"{KEY}=root.q", "-yD", "yarn.tags=placement:1", JAR]


@given(st.lists(st.sampled_from(["-t", "yarn-per-job", JAR, "-D", "k=v", "-yqu", "-a", "--", "", "-dZ", "-p", "2"])))
def test_what_is_placed_reads_as_placed(arguments):
    reading = read("run", *arguments)
    if reading.submits:
        again = read(*flink.place(reading, "root.q", "placement:1"))
        assert (again.request.queue, again.tags) == ("root.q", "placement:1")
        assert (again.application, again.application_arguments) == (reading.application, reading.application_arguments)


SESSIONS = {
    "none": ([], None),
    "option": (["-qu", "q"], ("q", "-qu")),
    "long option": (["--queue=q", "-d"], ("q", "-qu")),
    "the property beats it": (["-D", f"{KEY}= q ", "-qu", "r"], ("q", f"-D {KEY}")),
    "behind what is passed over": (["-x", "-qu", "r"], None),
}


@pytest.mark.parametrize("case", SESSIONS)
def test_session(case):
    arguments, request = SESSIONS[case]
    reading = session(*arguments)
    assert asked(reading) == request
    assert reading.submits
    placed = flink.place(reading, "root.q", "placement:1")
    assert asked(session(*placed)) == ("root.q", f"-D {KEY}")


@pytest.mark.parametrize("arguments", [["-h"], ["-q"], ["-id", "application_1_1"], ["-qu"]])
def test_a_session_command_that_starts_none(arguments):
    assert not session(*arguments).submits


@pytest.mark.parametrize("arguments", [["-yd"], ["-D", f"{KEY} =q", "-D", f"{KEY}=q"], [f"-Da=b@@{KEY}=q"]])
def test_what_only_flink_can_tell(arguments):
    with pytest.raises(PlacementError) as caught:
        session(*arguments)
    assert caught.value.problems[0].code in ("unknown-option", "flink-configuration")


CONFIGURATIONS = {
    "flat": f"execution.target: yarn-per-job\n{KEY}: q\n",
    "nested": "# c\nyarn:\n  application:\n    # c\n    queue: q # c\nexecution: # c\n  target: 'yarn-per-job'\n",
    "half nested": 'yarn.application:\n    "queue": "q"\nexecution:\n  target: yarn-per-job\n',
    "beside what is not read": (
        "env:\n  java: {opts: [a,\n   b]}\n  yarn:\n    application:\n      queue: x\nlist:\n- execution: y\n"
        f"text: |\n  {KEY}: x\n---\n".replace("---\n", "")
        + f"execution.target: yarn-per-job\n{KEY}: q\n"
    ),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_configuration(case):
    reading = read("run", JAR, config=CONFIGURATIONS[case])
    assert reading.submits
    assert asked(reading) == ("q", f"{KEY} in /flink/conf/config.yaml")
    assert asked(read("run", f"-D{KEY}=r", JAR, config=CONFIGURATIONS[case]))[0] == "r"


def test_lines_of_old():
    old = f"execution.target: yarn-per-job\n{KEY}: q # c\n{KEY}:x\nyarn: {{tags: x}}\n"
    assert asked(read("run", JAR, old=old, config=None)) == ("q", f"{KEY} in /flink/conf/flink-conf.yaml")


def test_flink_conf_dir_comes_first():
    files = {"/mine/config.yaml": "yarn.tags: t\n"}
    around = Surroundings({"FLINK_CONF_DIR": "/mine"}, "/flink", files.get)
    assert flink.read("flink", [*RUN, JAR], around).tags == "t"
    assert flink.read("flink", [*RUN, JAR], Surroundings({}, None, files.get)).submits


UNCLEAR = {
    "flow": "yarn: {tags: a}",
    "anchor": "yarn: &a\n  tags: b",
    "merge": "execution:\n  <<: *a",
    "list": "yarn.tags:\n- a",
    "number": "yarn.application.queue: 010",
    "truth": "yarn.application.queue: true",
    "null": "yarn.application.queue:",
    "text in lines": "yarn.tags: a\n  b",
    "block text": "yarn.tags: |\n  a",
    "escape": 'yarn.tags: "\\n"',
    "two texts": "yarn.tags: 'a' b",
    "flow at the top": "{yarn.tags: a}",
    "tab": "\tyarn.tags: a",
    "tag": "yarn.tags: !!str a",
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_a_configuration_that_cannot_be_read_exactly_is_an_error_with_a_place(case):
    with pytest.raises(PlacementError) as caught:
        read(*RUN, JAR, config=UNCLEAR[case])
    problem = caught.value.problems[0]
    assert problem.code == "flink-configuration"
    assert problem.place.file == "/flink/conf/config.yaml"


def test_two_configurations_that_differ():
    with pytest.raises(PlacementError) as caught:
        read(*RUN, JAR, config="yarn.tags: a", old="yarn.tags: b")
    assert caught.value.problems[0].code == "flink-configuration"
    assert read(*RUN, JAR, config="yarn.tags: a", old="yarn.tags: a\nother: b").tags == "a"


def test_a_configuration_without_access_is_flinks_to_refuse():
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    assert not flink.read("flink", [*RUN, JAR], Surroundings({}, "/flink", refuse)).submits


SIZE = "jobmanager.memory.process.size"
MASTERS = {
    "nothing said": ({}, None),
    "a file": ({"config": f"{SIZE}: 1600m\nyarn.appmaster.vcores: 2 # two\n"}, (1600, 2)),
    "a nested file": ({"config": "jobmanager:\n  memory:\n    process:\n      size: '2g'\n  x: 1\n"}, (2048, 1)),
    "an old file": ({"old": f"{SIZE}: 1600m\n", "config": None}, (1600, 1)),
    "files that differ": ({"old": f"{SIZE}: 1600m\n"}, None),
    "another way to say it": ({"config": "jobmanager: {memory: {process: {size: 2g}}}\n"}, None),
}


@pytest.mark.parametrize("case", MASTERS)
def test_what_the_job_manager_asks_for(case):
    said, expected = MASTERS[case]
    reading = read(*RUN, JAR, **said)
    assert reading.submits
    assert expected == (reading.asked and (reading.asked.master.memory_mib, reading.asked.master.vcores))


def test_options_beat_the_file():
    file = f"{SIZE}: 1600m\n"
    assert read(*RUN, f"-D{SIZE}=1g", JAR, config=file).asked.master.memory_mib == 1024
    assert read("run", "-m", "yarn-cluster", "-yjm", "900", JAR, config=file).asked.master.memory_mib == 900
    assert session("-jm", "2g", config=file).asked.master.memory_mib == 2048


SIZES = "taskmanager.memory.process.size: 1728m\nparallelism.default: 2\n" + MASTERS["a file"][0]["config"]
MANAGERS = {
    "a file": ([*RUN, JAR], (1728, 1, 2)),
    "options beat it": (["run", "-m", "yarn-cluster", "-ytm", "2000", "-ys", "2", "-p", "5", JAR], (2000, 2, 3)),
    "properties beat it": ([*RUN, "-Dtaskmanager.numberOfTaskSlots=4", "-p5", JAR], (1728, 4, 2)),
}


@pytest.mark.parametrize("case", MANAGERS)
def test_what_task_managers_ask_for(case):
    arguments, expected = MANAGERS[case]
    found = read(*arguments, config=SIZES).asked.role("taskmanager")
    assert (found.memory_mib, found.vcores, found.expected) == expected


def test_the_task_managers_of_a_session():
    found = session("-tm", "3g", "-s", "3", config=SIZES).asked.role("taskmanager")
    assert (found.memory_mib, found.vcores, found.expected) == (3072, 3, None)
