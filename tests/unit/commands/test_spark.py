import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import spark
from placement.commands.base import Surroundings
from placement.errors import PlacementError

YARN = "spark.master yarn\n"


def read(*arguments, defaults="", files=None, **environ):
    contents = {"/conf/spark-defaults.conf": defaults} | (files or {})
    return spark.read(
        "spark-submit", list(arguments), Surroundings({"SPARK_CONF_DIR": "/conf"} | environ, "/spark", contents.get)
    )


def asked(reading):
    return (reading.request.queue, reading.request.source) if reading.request else None


REQUESTS = {
    "none": (["a.py"], None),
    "option": (["--queue", "q", "a.py"], ("q", "--queue")),
    "option with equals": (["--queue=q", "a.py"], ("q", "--queue")),
    "conf": (["--conf", "spark.yarn.queue=q", "a.py"], ("q", "spark.yarn.queue in --conf")),
    "conf with equals": (["--conf=spark.yarn.queue=q", "a.py"], ("q", "spark.yarn.queue in --conf")),
    "short conf": (["-c", "spark.yarn.queue=q", "a.py"], ("q", "spark.yarn.queue in --conf")),
    "option beats a later conf": (["--queue", "q", "--conf", "spark.yarn.queue=r", "a.py"], ("q", "--queue")),
    "the last option wins": (["--queue", "q", "--queue=r", "a.py"], ("r", "--queue")),
    "the last conf wins": (
        ["--conf", "spark.yarn.queue=q", "-c", "spark.yarn.queue=r", "a.py"],
        ("r", "spark.yarn.queue in --conf"),
    ),
    "an empty queue": (["--queue", "", "a.py"], ("", "--queue")),
    "the next token, whatever it is": (["--queue", "--name", "a.py"], ("--name", "--queue")),
    "the application's own": (["a.py", "--queue", "q"], None),
    "a value that looks like it": (["--name", "--queue", "a.py", "q"], None),
    "blanks are kept in a value": (["--conf", "spark.yarn.queue= q", "a.py"], (" q", "spark.yarn.queue in --conf")),
    "blanks make another key": (["--conf", "spark.yarn.queue = q", "a.py"], None),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_request(case):
    arguments, request = REQUESTS[case]
    assert asked(read("--master", "yarn", *arguments)) == request


def test_spark_defaults_are_the_last_resort():
    defaults = "spark.master yarn\nspark.yarn.queue: from-defaults\n"
    assert asked(read("a.py", defaults=defaults)) == (
        "from-defaults",
        "spark.yarn.queue in /conf/spark-defaults.conf",
    )
    assert asked(read("--conf", "spark.yarn.queue=c", "a.py", defaults=defaults))[0] == "c"


def test_a_properties_file_replaces_the_defaults_altogether():
    files = {"mine.conf": "spark.master=yarn\nspark.yarn.queue=mine\nother.key=x\n", "empty": ""}
    defaults = "spark.master yarn\nspark.yarn.queue defaults\n"
    reading = read("--properties-file", "mine.conf", "a.py", defaults=defaults, files=files)
    assert asked(reading) == ("mine", "spark.yarn.queue in mine.conf")
    reading = read("--properties-file", "empty", "a.py", defaults=defaults, files=files)
    assert not reading.submits  # the master is gone too


def test_load_spark_defaults_fills_what_the_properties_file_lacks():
    files = {"mine.conf": "spark.yarn.queue=mine\n"}
    arguments = ["--properties-file", "mine.conf", "--load-spark-defaults", "a.py"]
    reading = read(*arguments, defaults="spark.master yarn\nspark.yarn.queue defaults\n", files=files)
    assert reading.submits
    assert asked(reading)[0] == "mine"


def test_the_defaults_of_spark_home_serve_without_spark_conf_dir():
    files = {"/spark/conf/spark-defaults.conf": YARN}
    assert spark.read("spark-submit", ["a.py"], Surroundings({}, "/spark", files.get)).submits
    assert spark.read("spark-submit", ["a.py"], Surroundings({"SPARK_CONF_DIR": ""}, "/spark", files.get)).submits


PASSING = {
    "help": ["--master", "yarn", "--help", "--unknown"],
    "version": ["--version"],
    "kill": ["--kill", "submission-1"],
    "status": ["--status", "submission-1", "a.py"],
    "local": ["--master", "local[2]", "a.py"],
    "standalone": ["--master=spark://host:7077", "a.py"],
    "no master": ["--master", "", "a.py"],
    "connect": ["--remote", "sc://host", "a.py"],
    "no application": ["--class", "Main"],
    "nothing": [],
    "a value is missing": ["--queue"],
    "conf without equals": ["--conf", "spark.yarn.queue", "a.py"],
    "properties file is missing": ["--properties-file", "nowhere", "a.py"],
}


@pytest.mark.parametrize("case", PASSING)
def test_what_submits_nothing_passes_and_says_why(case):
    master = [] if case in ("no master", "local", "standalone") else ["--master", "yarn"]
    reading = read(*master, *PASSING[case])
    assert not reading.submits
    assert reading.why


def test_an_unreadable_properties_file_is_the_real_commands_to_refuse():
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    assert not spark.read("spark-submit", ["a.py"], Surroundings({}, "/spark", refuse)).submits
    assert not read("a.py", defaults="spark.master yarn\nx \\u12\n").submits


@pytest.mark.parametrize("option", ["--quue", "--", "-q", "--queue=", "-c=spark.yarn.queue=q", "--name=a\nb"])
def test_an_unknown_option_is_an_error_since_its_value_is_not_known(option):
    with pytest.raises(PlacementError) as caught:
        read(option, "a.py", defaults=YARN)
    assert caught.value.problems[0].code == "unknown-option"


def test_facts_of_the_application():
    reading = read(
        *["--name", "n", "--deploy-mode", "cluster", "--proxy-user", "bob", "a.py", "--queue", "x", ""], defaults=YARN
    )
    assert (reading.application, reading.application_arguments) == ("a.py", ["--queue", "x", ""])
    assert (reading.name, reading.deploy_mode, reading.proxy_user, reading.master) == ("n", "cluster", "bob", "yarn")


def test_master_comes_from_the_environment_last():
    assert read("a.py", MASTER="yarn").submits
    assert not read("a.py", defaults="spark.master local\n", MASTER="yarn").submits


def test_the_queue_stands_before_the_application_and_nothing_else_changes():
    arguments = ["--master", "yarn", "--queue", "q", "", "--queue", "its own"]
    reading = read(*arguments)
    assert reading.application == ""
    ours = ["--queue", "root.q", "--conf", "spark.yarn.tags=t"]
    assert spark.place(reading, "root.q", "t") == [*arguments[:4], *ours, *arguments[4:]]


options = "--queue --queue=a --conf spark.yarn.queue=c -c --name --verbose --master yarn x.py --class=M -v --jars"
tokens = st.sampled_from([*options.split(), "", "\udcff", "a b"])


@given(st.lists(tokens, max_size=8))
def test_no_argument_list_is_misread_or_changed(arguments):
    reading = read(*arguments, defaults=YARN)
    assert reading.arguments == arguments
    if reading.submits:
        placed = spark.place(reading, "decided", "t")
        at = reading.position
        assert placed[:at] + placed[at + 4 :] == arguments
        assert asked(read(*placed, defaults=YARN)) == ("decided", "--queue")
        assert arguments[at] == reading.application


def test_the_tag_joins_those_that_were_asked_for():
    reading = read("--conf", "spark.yarn.tags=mine,too", "a.py", defaults=YARN)
    assert spark.place(reading, "root.q", "t")[5] == "spark.yarn.tags=mine,too,t"
    reading = read("a.py", defaults="spark.master yarn\nspark.yarn.tags theirs\n")
    assert spark.place(reading, "root.q", "t")[3] == "spark.yarn.tags=theirs,t"


PYTHON_MEMORY = ["--master", "yarn", "--conf", "spark.executor.pyspark.memory=1g"]
PYTHON_PROGRAMS = {"a.py": True, "a.jar": False, "a.R": False, "a.py.jar": False, "pyspark-shell": True}


@pytest.mark.parametrize("application", PYTHON_PROGRAMS)
def test_the_memory_of_python_is_asked_for_by_programs_in_python(application):
    executor = read(*PYTHON_MEMORY, application).asked.role("executor")
    assert executor.memory_mib == 1024 + 384 + (1024 if PYTHON_PROGRAMS[application] else 0)
