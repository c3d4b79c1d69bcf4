import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import hadoop
from placement.commands.base import Surroundings
from placement.errors import PlacementError

YARN = {"mapreduce.framework.name": "yarn"}
Q, T = "mapreduce.job.queuename", "mapreduce.job.tags"


def xml(properties):
    inside = "".join(f"<property><name>{k}</name><value>{v}</value></property>" for k, v in properties.items())
    return f"<configuration>{inside}</configuration>".encode()


def jar(main=None, **classes):
    """A jar of classes that name others; `main` is in its manifest."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as content:
        if main:
            content.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\nMain-Class: {main}\r\n\r\n")
        for name, named in classes.items():
            content.writestr(f"{name.replace('_', '/')}.class", b"\xca\xfe\xba\xbe" + named.encode())
    return file.getvalue()


TOOL, DRIVER = "org/apache/hadoop/util/ToolRunner", "org/apache/hadoop/util/ProgramDriver"
FILES = {
    "/conf/mapred-site.xml": xml(YARN),
    "tool.jar": jar("a.Tool", a_Tool=TOOL),
    "bare.jar": jar(None, a_Tool=TOOL),
    "inner.jar": jar("a.Tool", a_Tool="", **{"a_Tool$": TOOL}),
    "driver.jar": jar("a/Driver", a_Driver=DRIVER),
    "deaf.jar": jar("a.Main", a_Main="org/apache/hadoop/mapreduce/Job"),
    "other.jar": jar("a.Main", a_Main="java/lang/System"),
    "elsewhere.jar": jar("b.Main"),
    "hive.jar": jar(None, org_apache_hadoop_hive_cli_CliDriver="org/apache/hadoop/mapred/JobConf"),
    "streaming.jar": jar("org.apache.hadoop.streaming.HadoopStreaming"),
    "no.jar": b"text",
    "odd.jar": jar("a.Tool\r\n bad-line\r\nworse", a_Tool=TOOL),
    "/etc/job.xml": xml({Q: "of-the-file"}),
}


def around(files=None, **environ):
    contents = FILES | (files or {})

    def opened(path):
        return io.BytesIO(contents[path]) if path in contents else None

    environ = {"HADOOP_CONF_DIR": "/conf"} | environ
    return Surroundings(environ, None, lambda _: None, opened, None, lambda: "anna")


def read(line, files=None, **environ):
    command, *arguments = line.split() if isinstance(line, str) else line
    return hadoop.read(command, arguments, around(files, **environ))


def placed(line, queue="root.q", files=None):
    reading = read(line, files)
    assert reading.submits, reading.why
    return " ".join(hadoop.place(reading, queue, "t:1"))


def asked(reading):
    return (reading.request.queue, reading.request.source) if reading.request else None


OURS = f"-D {Q}=root.q -D {T}=t:1"
PLACES = {
    "hadoop distcp a b": f"distcp {OURS} a b",
    "hadoop distcp -Dx=y -update a b": f"distcp -Dx=y {OURS} -update a b",
    "hadoop --config /conf --loglevel WARN distcp -m 4 a b": f"--config /conf --loglevel WARN distcp {OURS} -m 4 a b",
    "mapred archive -archiveName n a b": f"archive {OURS} -archiveName n a b",
    "mapred streaming -files m.py -input a": f"streaming -files m.py {OURS} -input a",
    "mapred streaming StreamJob -D x=y -input a": f"streaming StreamJob -D x=y {OURS} -input a",
    "mapred pipes -conf none.xml -input a": f"pipes -conf none.xml {OURS} -input a",
    "hadoop org.apache.hadoop.tools.DistCp a b": f"org.apache.hadoop.tools.DistCp {OURS} a b",
    "hadoop some.Main -D x=y a": f"some.Main -D x=y {OURS} a",
    "yarn jar tool.jar in out": f"jar tool.jar {OURS} in out",
    "yarn jar tool.jar": f"jar tool.jar {OURS}",
    "hadoop jar tool.jar a.Tool in": f"jar tool.jar {OURS} a.Tool in",
    "hadoop jar bare.jar a/Tool in": f"jar bare.jar a/Tool {OURS} in",
    "hadoop jar inner.jar in": f"jar inner.jar {OURS} in",
    "hadoop jar driver.jar pi -Dx=y 2 3": f"jar driver.jar pi -Dx=y {OURS} 2 3",
    "hadoop jar elsewhere.jar in": f"jar elsewhere.jar {OURS} in",
    "hadoop jar deaf.jar -Dx=y in": f"jar deaf.jar -Dx=y {OURS} in",
    "hadoop jar streaming.jar -input a": f"jar streaming.jar {OURS} -input a",
    "sqoop import --connect c": f"import {OURS} --connect c",
    "sqoop import -Dx=y --connect c -- --schema s": f"import -Dx=y {OURS} --connect c -- --schema s",
    "sqoop job --exec nightly": f"job {OURS} --exec nightly",
    "hadoop distcp -- -Dx=y a": f"distcp {OURS} -- -Dx=y a",
    "mapred streaming -jobconf mapred.job.queue.name=old -input a -jobconf x=y": (
        f"streaming -jobconf mapred.job.queue.name=old -jobconf {Q}=root.q -jobconf {T}=t:1 -input a -jobconf x=y"
    ),
}


@pytest.mark.parametrize("line", PLACES)
def test_the_decided_queue_goes_behind_the_generic_options(line):
    assert placed(line) == PLACES[line]


PASSING = [
    "hadoop", "hadoop version", "hadoop fs -ls /", "hadoop classpath", "hadoop --config", "hadoop --help",
    "hadoop key list", "hadoop distcp", "hadoop distcp -D", "hadoop distcp -D -conf x a",
    "hadoop distcp -jt local a b",
    "hadoop some.Main a",
    f"hadoop distcp -D {hadoop.FRAMEWORK}=local a b", "hadoop jar", "hadoop jar none.jar in", "hadoop jar no.jar in",
    "hadoop jar bare.jar", "hadoop jar odd.jar in", "hadoop jar other.jar in", "hadoop jar driver.jar",
    "hadoop jar hive.jar org.apache.hadoop.hive.cli.CliDriver -e x", "hadoop streaming -input a", "mapred jar tool.jar",
    "mapred job -list", "mapred job -kill job_1", "mapred job -submit", "mapred job -submit a b", "mapred queue -list",
    "mapred historyserver", "mapred sampler -r 2 a", "mapred streaming -help", "mapred streaming", "mapred version",
    "yarn app -list", "yarn rmadmin -refreshQueues", "yarn distcp a b", "yarn logs -applicationId x", "yarn node -list",
    "sqoop", "sqoop help", "sqoop version", "sqoop list-tables --connect c", "sqoop import --help",
    "sqoop codegen --table t",
    "sqoop job --list", "sqoop job --create n -- import --exec", "sqoop import --options-file none",
    "sqoop import --options-file", "sqoop eval -e x", "hadoop distcp -conf rm:1 a b",
]  # fmt: skip


@pytest.mark.parametrize("line", PASSING)
def test_what_submits_nothing_passes(line):
    reading = read(line)
    assert not reading.submits
    assert reading.why


@pytest.mark.parametrize(
    "line",
    [
        "mapred job -submit job.xml",
        "mapred job -D x=y -submit job.xml",
        "hadoop job -submit job.xml",
        "hadoop archive-logs",
        "hadoop jar deaf.jar in out",
        "mapred pipes -input a -jobconf a=b,mapred.job.queue.name=q",
    ],
)
def test_a_queue_that_no_option_can_say_is_an_error(line):
    with pytest.raises(PlacementError) as error:
        read(line)
    assert [problem.code for problem in error.value.problems] == ["queue-out-of-reach"]


CORE, MAPRED, YARN_SITE = (f"/conf/{name}-site.xml" for name in ("core", "mapred", "yarn"))
REQUESTS = {
    "none": ("", {}, None),
    "an option": (f"-D {Q}=q", {}, ("q", f"-D {Q}")),
    "in one word": (f"-D{Q}=q", {}, ("q", f"-D {Q}")),
    "by its old name": ("-D mapred.job.queue.name=q", {}, ("q", "-D mapred.job.queue.name")),
    "the last wins": (f"-D {Q}=q -Dmapred.job.queue.name=r", {}, ("r", "-D mapred.job.queue.name")),
    "an option over a later file": (f"-D {Q}=q -conf /etc/job.xml", {}, ("q", f"-D {Q}")),
    "a file": ("-conf /etc/job.xml", {MAPRED: xml(YARN | {Q: "s"})}, ("of-the-file", f"{Q} in /etc/job.xml")),
    "the site": ("", {MAPRED: xml(YARN | {Q: "s"})}, ("s", f"{Q} in {MAPRED}")),
    "yarn-site over mapred-site": (
        "", {MAPRED: xml(YARN | {Q: "s"}), YARN_SITE: xml({Q: "y"})}, ("y", f"{Q} in {YARN_SITE}"),
    ),
    "core-site under mapred-default": ("", {CORE: xml({Q: "c"})}, None),
    "a variable": (f"-D {Q}=root.${{user.name}}.${{env.TEAM:-none}}", {}, ("root.anna.none", f"-D {Q}")),
    "behind the first argument": (f"in -D {Q}=q", {}, None),
    "a file that is not there": ("-conf none.xml", {}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", REQUESTS)
def test_request(case):
    options, files, request = REQUESTS[case]
    assert asked(read(f"hadoop distcp {options} a b", files)) == request


def test_a_final_property_of_the_site_wins_over_files_but_not_over_options():
    final = xml(YARN | {Q: "s"}).replace(b"s</value>", b"s</value><final>true</final>")
    assert asked(read("hadoop distcp -conf /etc/job.xml a b", {MAPRED: final}))[0] == "s"
    assert asked(read(f"hadoop distcp -D {Q}=q a b", {MAPRED: final}))[0] == "q"


def test_the_users_own_tags_stay():
    assert f"-D {T}=x,y,t:1" in placed(f"hadoop distcp -D{T}=x,y a b")


def test_names_and_the_proxy_user():
    reading = read("hadoop distcp -Dmapred.job.name=nightly a b", HADOOP_PROXY_USER="bob")
    assert (reading.family, reading.name, reading.proxy_user) == ("hadoop", "nightly", "bob")
    assert reading.application_arguments == ["a", "b"]


def test_where_the_configuration_is():
    other = {"/other/mapred-site.xml": xml(YARN | {Q: "other"})}
    assert asked(read("hadoop --config /other distcp a b", other))[0] == "other"
    assert asked(read("yarn jar tool.jar in", other, YARN_CONF_DIR="/other"))[0] == "other"
    assert not read("hadoop --config /nowhere distcp a b", other).submits  # Hadoop's default is to run in itself
    installed = {"/opt/h/etc/hadoop/mapred-site.xml": xml(YARN | {Q: "home"})}
    assert asked(read("hadoop distcp a b", installed, HADOOP_CONF_DIR="", HADOOP_HOME="/opt/h"))[0] == "home"
    beside = Surroundings({}, None, lambda _: None, around(installed).opened, "/opt/h/bin/hadoop")
    assert asked(hadoop.read("hadoop", ["distcp", "a", "b"], beside))[0] == "home"


def test_without_any_configuration_yarn_is_taken_for_granted():
    assert read("hadoop distcp a b", HADOOP_CONF_DIR="").submits


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><configuration/>',
        '<!DOCTYPE x [<!ENTITY q "q">]><x><property><name>a</name><value>&q;</value></property></x>',
        '<configuration xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="o.xml"/></configuration>',
        '<?xml version="1.0" encoding="ebcdic-x"?><configuration/>',
    ],
)
def test_what_only_hadoop_can_follow_is_an_error(text):
    with pytest.raises(PlacementError) as error:
        read("hadoop distcp a b", {MAPRED: text.encode()})
    assert [problem.code for problem in error.value.problems] == ["hadoop-configuration"]


def test_a_variable_of_the_java_process_is_an_error_only_where_it_counts():
    site = {MAPRED: xml(YARN | {Q: "${java.vm.name}"})}
    with pytest.raises(PlacementError):
        read("hadoop distcp a b", site)
    assert read(f"hadoop distcp -D {Q}=q a b", site).submits


def test_a_file_that_hadoop_refuses_passes():
    assert not read("hadoop distcp a b", {MAPRED: b"<configuration>"}).submits
    assert not read(f"hadoop distcp -D {Q}=${{a}}{'${a}' * 21} -D a=b a b").submits


def test_sqoop_options_files():
    files = {
        "all": b"# all of it\nimport\n-D\nx=y\n--connect\n'c d'\n",
        "generic": b"-D\nx=\\\n  y\n",
        "queue": f"-D\n{Q}=q\n--connect\nc\n".encode(),
        "tool": b"\n--connect\r\nc\n",
        "bad": b"'x\n",
    }
    assert placed("sqoop import --options-file generic --table t", files=files) == (
        f"import --options-file generic {OURS} --table t"
    )
    assert placed("sqoop import -Da=b --options-file tool", files=files) == f"import -Da=b {OURS} --options-file tool"
    assert not read("sqoop import --options-file bad", files).submits
    for line in ("sqoop --options-file all", "sqoop import --options-file queue"):
        with pytest.raises(PlacementError):
            read(line, files)


words = st.sampled_from(
    [
        "-D",
        "-Dx=y",
        f"-D{Q}=q",
        f"{Q}=r",
        "-conf",
        "/etc/job.xml",
        "--",
        "-",
        "",
        "in",
        "-jobconf",
        f"{T}=mine",
        "-x",
        "---D",
    ]
)


@given(st.sampled_from(["hadoop distcp", "mapred streaming", "sqoop import", "yarn jar tool.jar"]), st.lists(words))
def test_a_placed_command_asks_for_the_decided_queue_and_nothing_else_changes(start, rest):
    line = [*start.split(), *rest]
    reading = read(line)
    if not reading.submits:
        return
    arguments = hadoop.place(reading, "root.q", "t:1")
    again = read([line[0], *arguments])
    assert again.submits
    assert again.request.queue == "root.q"
    assert again.tags == ",".join(filter(None, [reading.tags, "t:1"]))
    assert len(arguments) == len(line) + 3
    assert again.application_arguments == reading.application_arguments or "-jobconf" in rest


AM = "yarn.app.mapreduce.am.resource.mb"
MASTERS = {
    "the default": ("mapred distcp a b", {}, 1536),
    "of the options": (f"mapred distcp -D {AM}=2048 a b", {}, 2048),
    "of the file": ("mapred distcp a b", {AM: "3072"}, 3072),
    "of Sqoop": (f"sqoop import -D {AM}=2048 --table t", {}, 2048),
    "of Tez": ("mapred distcp a b", {"mapreduce.framework.name": "yarn-tez"}, None),
    "that only Hadoop knows": ("mapred distcp a b", {AM: "${java.vm.name}"}, None),
}


@pytest.mark.parametrize("case", MASTERS)
def test_what_the_application_master_asks_for(case):
    line, properties, mib = MASTERS[case]
    reading = read(line, {"/conf/mapred-site.xml": xml(YARN | properties)})
    assert reading.submits
    assert mib == (reading.asked and reading.asked.master.memory_mib)
    assert set(reading.facts()) == {"command", "deploy_mode", "name"}


TASKS = {
    "nothing said": ("mapred distcp a b", (1024, 1024, None)),
    "the old names": (
        "mapred distcp -Dmapred.job.map.memory.mb=700 -Dmapred.reduce.child.java.opts=-Xmx800m "
        "-Dmapred.reduce.tasks=3 a b",
        (700, 1000, 3),
    ),
    "streaming": ("mapred streaming -D mapreduce.job.reduces=2 -input x", (1024, 1024, 2)),
    "streaming's own option": (
        "mapred streaming -D mapreduce.job.reduces=2 -numReduceTasks 4 -input x",
        (1024, 1024, 4),
    ),
    "the first of its own": ("mapred streaming -numReduceTasks 4 -numReduceTasks 5 -input x", (1024, 1024, 4)),
    "streaming without reduces": ("mapred streaming -numReduceTasks 4 -reducer NONE -input x", (1024, 1024, 0)),
    "a size that only Hadoop knows": (
        "mapred distcp -Dmapreduce.map.memory.mb=${java.vm.name} a b",
        (None, 1024, None),
    ),
}


@pytest.mark.parametrize("case", TASKS)
def test_what_tasks_ask_for(case):
    line, expected = TASKS[case]
    of_map, of_reduce = (read(line).asked.role(name) for name in ("map", "reduce"))
    assert (of_map and of_map.memory_mib, of_reduce.memory_mib, of_reduce.expected) == expected
