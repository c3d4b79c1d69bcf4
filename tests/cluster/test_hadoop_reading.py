"""The reading of generic options and configuration files against Hadoop's own."""

import getpass
import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from placement.commands import hadoop
from placement.commands.base import Surroundings
from placement.commands.hadoop_conf import Configuration
from placement.errors import PlacementError
from tests.cluster.hadoop_oracle import ENVIRONMENT, KEYS, HadoopOracle, HadoopRefusesError, LacksValueError

QUEUE, NAME, TAGS, FRAMEWORK = KEYS
OLD = "mapred.job.queue.name"


def xml(**properties):
    return "<configuration>{}</configuration>".format(
        "".join(
            f"<property><name>{key.replace('_', '.')}</name><value>{value}</value></property>"
            for key, value in properties.items()
        )
    )


SITE = xml(mapreduce_framework_name="yarn", mapreduce_job_queuename="site", mapreduce_job_tags="t1, t2")
MINE = xml(mapred_job_queue_name="mine", mapreduce_job_name="${env.QUEUE_OF_ENV} of ${user.name}")
LOCAL = xml(mapreduce_framework_name="local")


@pytest.fixture(scope="module")
def oracle():
    with HadoopOracle() as oracle:
        yield oracle


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hadoop")
    (folder / "mapred-site.xml").write_text(SITE)
    (folder / "mine.xml").write_text(MINE)
    (folder / "local.xml").write_text(LOCAL)
    (folder / "broken.xml").write_text("<configuration>")
    return folder


def opened(path):
    try:
        return open(path, "rb")
    except FileNotFoundError:
        return None


def around(conf_dir):
    environ = {"HADOOP_CONF_DIR": str(conf_dir)} | ENVIRONMENT
    return Surroundings(environ, None, lambda _: None, opened, None, getpass.getuser)


def together(words):
    """As one: commons-cli splits `-Dk=v` among the program's own arguments too, and drops `--`."""
    return "".join(word for word in words if word != "--").replace("=", "")


def agree(oracle, conf_dir, generic, program=("hadoop", "org.apache.hadoop.tools.DistCp")):
    """Both understand the same of `generic`, or nothing is submitted."""
    command, *start = program
    try:
        ours = hadoop.read(command, [*start, *generic], around(conf_dir))
    except PlacementError:
        return  # a variable of which only Hadoop may know
    try:
        real = oracle.read(generic, conf_dir)
    except LacksValueError:
        real = {FRAMEWORK: None, "rest": []}
    except HadoopRefusesError:
        return  # nothing is submitted, whatever we make of it
    submits = real[FRAMEWORK] in ("yarn", "yarn-tez") and bool(real["rest"])
    assert ours.submits == submits, ours.why
    if submits:
        assert (ours.request.queue if ours.request else "default") == real[QUEUE]
        assert ours.name == real[NAME]
        own = ours.application_arguments
        assert together(own[1:] if own[0] == "-" else own) == together(real["rest"])
        placed = hadoop.place(ours, "root.decided", "placement:1")
        assert placed[: len(start)] == start
        tags = f"{real[TAGS].strip()},placement:1" if (real[TAGS] or "").strip() else "placement:1"
        assert oracle.read(placed[len(start) :], conf_dir) == real | {QUEUE: "root.decided", TAGS: tags}


words = st.sampled_from(
    [
        *(
            "-D",
            f"{QUEUE}=q",
            f"-D{QUEUE}=r",
            f"-D {QUEUE}=blank",
            f"{QUEUE} = padded ",
            f"-D{OLD}=old",
            f"{OLD}=older",
        ),
        *(
            f'"{QUEUE}=quoted"',
            f'{QUEUE}="quoted"',
            f"--D{QUEUE}=no",
            f"-D={QUEUE}=x",
            f"-D{QUEUE}",
            "-Dx=y",
            "x=y",
            "=z",
        ),
        *(f"-D{TAGS}= mine ", f"-D{TAGS}=", f"-D{NAME}=n", f"-D{FRAMEWORK}=local", f"-D{FRAMEWORK}=yarn", "-D-x=y"),
        *(f"{QUEUE}=${{env.QUEUE_OF_ENV}}", f"-D{QUEUE}=${{{NAME}}}", f"-D{QUEUE}=${{{QUEUE}}}", f"--D={QUEUE}=d"),
        *(
            "-conf",
            "mine.xml",
            "-conf=mine.xml",
            "--conf",
            "local.xml",
            "none.xml",
            "broken.xml",
            "--conf=",
            "-confmine",
        ),
        *("-jt", "local", "LOCAL", "-jt=local", "rm:8032", "-fs", "file:///", "-files", "--archives", "-libjars"),
        *("in", "out", "", "-", "--", "-update", "---D", "-d", "-Dé=ü", "-m", "4", "\u2013D", "-D\n=x"),
    ]
)


@example(["-D", "-x=y", "-D", f"{QUEUE}=behind", "app"])
@example(["-D", "-x=y", f"-D{QUEUE}=not-split", "app"])
@example(["-D", "--", "-D", f"{QUEUE}=behind", "app"])
@example(["-conf", "mine.xml", f"-D{QUEUE}=q", "in", f"-D{QUEUE}=late"])
@example([f"-D{QUEUE}=q", f"-D{OLD}=old", "in"])
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(generic=st.lists(words, max_size=7))
def test_we_read_what_hadoop_reads(oracle, folder, generic):
    named = [str(folder / word) if word.endswith(".xml") and "=" not in word else word for word in generic]
    agree(oracle, folder, [word.replace("=mine.xml", f"={folder}/mine.xml") for word in named])


pieces = st.sampled_from(
    [
        *(
            "<property>",
            "</property>",
            "<property/>",
            "<name>",
            "</name>",
            "<value>",
            "</value>",
            "<final>true</final>",
        ),
        *(f"<name>{QUEUE}</name>", f"<name> {OLD}\n</name>", "<value>v</value>", "<value> w </value>", "<value/>"),
        *(
            f"<property><name>{QUEUE}</name><value>whole</value></property>",
            f"<property name='{QUEUE}' value='short'/>",
        ),
        *(f"<property><name>{QUEUE}</name><value>f</value><final>true</final></property>", "<final> true</final>"),
        *(f"<property name='{QUEUE}' value='' final='true'/>", "<!-- c -->", "<![CDATA[<x>]]>", "&amp;", "&#x41;"),
        *("text", "<b>", "</b>", "<fallback/>", "<include/>", "</include>", "<tag>t</tag>", "<source>s</source>"),
        *(f"<property><name>{NAME}</name><value>${{{QUEUE}}}</value></property>", "<p:value xmlns:p='u'>ns</p:value>"),
        *("<value>${env.QUEUE_OF_ENV}</value>", "<value>${env.NONE:-d}${env.EMPTY-e}${env.EMPTY:-f}</value>", "&nbsp;"),
        *("<value>$${user.name}</value>", "<value>${}${ x}${env.NONE}</value>", f"<value>${{{QUEUE}}}</value>", "\r\n"),
    ]
)
roots = st.sampled_from([("<configuration>", "</configuration>"), ("<?xml version='1.0'?><x>", "</x>"), ("", "")])


@example((f"<property><name>{QUEUE}</name><value>", "</value></property>"), ["a", "<b>", "c", "</b>", "<!-- -->", "d"])
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=roots, inside=st.lists(pieces, max_size=10))
def test_a_configuration_file_is_read_as_hadoop_reads_it(oracle, folder, root, inside):
    file = folder / "generated.xml"
    file.write_text("".join(itertools.chain(root[:1], inside, root[1:])), newline="")
    configuration = Configuration({"HADOOP_CONF_DIR": str(folder)} | ENVIRONMENT, getpass.getuser)
    try:
        configuration.add(file.read_bytes(), file.name)
        ours = {key: (configuration.get(key) or (None,))[0] for key in KEYS}
    except PlacementError:
        return  # what only Hadoop can follow
    except ValueError:
        with pytest.raises(HadoopRefusesError):
            oracle.read_file(file)
        return
    assert ours == oracle.read_file(file)


properties = st.lists(
    st.tuples(st.sampled_from([QUEUE, OLD, FRAMEWORK, TAGS]), st.sampled_from(["yarn", "local", "q"]), st.booleans()),
    max_size=3,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.tuples(properties, properties, properties, properties))
def test_the_files_of_the_site_stand_in_hadoops_order(oracle, tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("site")
    for name, content in zip(("core-site", "mapred-site", "yarn-site", "mine"), files, strict=True):
        text = "".join(
            f"<property><name>{key}</name><value>{value}</value><final>{str(final).lower()}</final></property>"
            for key, value, final in content
        )
        (folder / f"{name}.xml").write_text(f"<configuration>{text}</configuration>")
    agree(oracle, folder, ["-conf", f"{folder}/mine.xml", "in"])
    agree(oracle, folder, [f"-D{FRAMEWORK}=yarn", "in"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(oracle, folder, encoding):
    name = encoding.replace("utf-8-sig", "utf-8")
    file = folder / f"{encoding}.xml"
    text = f"<?xml version='1.0' encoding='{name}'?>{xml(mapreduce_job_queuename='größe')}"
    file.write_bytes(text.encode(encoding))
    configuration = Configuration({}, getpass.getuser)
    configuration.add(file.read_bytes(), file.name)
    assert configuration.get(QUEUE)[0] == oracle.read_file(file)[QUEUE] == "größe"
