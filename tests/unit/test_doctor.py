"""`placement doctor`: a gateway where all is well, and each thing that can be wrong with one."""

import json
import os
import posix
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from placement.health import account, wrapped
from placement.installation import shims
from tests.conftest import ROOT

SYSTEM = "/usr/bin:/bin"
FAIR = {
    "type": "fairScheduler",
    "rootQueue": {"queueName": "root", "childQueues": {"queue": [{"queueName": "root.a"}, {"queueName": "root.b"}]}},
}
CAPACITY = {
    "type": "capacityScheduler",
    "queueName": "root",
    "queues": {"queue": [{"queueName": "a"}, {"queueName": "b", "queues": {"queue": [{"queueName": "c"}]}}]},
}


class Stub:
    """A ResourceManager that says `scheduler`, or answers with `status` and `headers`."""

    def __init__(self) -> None:
        self.scheduler: dict[str, object] = FAIR
        self.status = 200
        self.headers = {"Content-Type": "application/json"}
        self.asked: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                stub.asked.append(self.path)
                self.send_response(stub.status)
                for name, value in stub.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps({"scheduler": {"schedulerInfo": stub.scheduler}}).encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stub():
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def gateway(tmp_path, run, stub, monkeypatch):
    for name in ("HADOOP_USER_NAME", "HADOOP_PROXY_USER", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(account, "SLOW_MS", 60_000)  # whoever else uses the machine is no finding
    return Gateway(tmp_path, run, stub)


class Gateway:
    """A gateway where all is well: policy with an index, a wrapper before a real spark-submit, a ResourceManager."""

    def __init__(self, folder: Path, run, stub: Stub) -> None:
        self._run = run
        self.policy, self.bin, self.wrappers, self.conf = (folder / n for n in ("policy", "spark/bin", "w", "conf"))
        for each in (self.policy, self.bin, self.wrappers, self.conf):
            each.mkdir(parents=True)
        (self.policy / "map.txt").write_text("* root.a\n")
        (self.policy / "site.yaml").write_text("scheduler: fair\n")
        self.real = self.executable(self.bin / "spark-submit", b"#!/bin/sh\n")
        self.shim = self.executable(self.wrappers / "spark-submit", shims.text(shims.own()))
        self.path = [self.wrappers, self.bin, SYSTEM]
        self.yarn_site({"yarn.resourcemanager.webapp.address": stub.address})
        self.compile()

    def executable(self, file: Path, content: bytes) -> Path:
        file.write_bytes(content)
        file.chmod(0o755)
        return file

    def yarn_site(self, properties: dict[str, str]) -> None:
        words = "".join(
            f"<property><name>{name}</name><value>{value}</value></property>" for name, value in properties.items()
        )
        (self.conf / "yarn-site.xml").write_text(f"<configuration>{words}</configuration>")

    def compile(self) -> None:
        assert self._run("compile", self.policy)[0] in (0, None)

    def doctor(self, *options: str, **environ: str) -> tuple[int, str, str]:
        names = {"PATH": ":".join(map(str, self.path)), "HADOOP_CONF_DIR": str(self.conf), **environ}
        return self._run("doctor", "--policy", self.policy, *options, **names)

    def findings(self, **environ: str) -> dict[str, dict[str, object]]:
        """The findings by their codes, without those that are so because of where the tests run."""
        status, said, error = self.doctor("--json", **environ)
        found = {each["code"]: each for each in json.loads(said)}
        assert status == any(each["severity"] == "error" for each in found.values())
        assert error == ""
        found.pop("shim-private", None)
        return found

    def severities(self, **environ: str) -> dict[str, object]:
        """What is wrong, notes left out."""
        found = self.findings(**environ)
        return {code: each["severity"] for code, each in found.items() if each["severity"] != "note"}


def test_where_all_is_well_nothing_is_found(gateway, stub):
    found = gateway.findings()
    assert set(found) == {"real-command", "account"}
    assert str(gateway.real) in found["real-command"]["message"]
    assert any(path.startswith("/ws/v1/cluster/scheduler") for path in stub.asked)
    status, said, _ = gateway.doctor()
    assert status == 0
    assert said.splitlines()[-1].startswith("no errors, ")


def test_nothing_is_written(gateway):
    (gateway.policy / "map.index").unlink()
    gateway.findings()
    assert sorted(os.listdir(gateway.policy)) == ["map.txt", "site.yaml"]


# --- the policy


def test_each_file_of_the_policy_is_read_once(gateway, monkeypatch):
    opened, real = [], posix.open
    monkeypatch.setattr(posix, "open", lambda path, *rest, **more: opened.append(path) or real(path, *rest, **more))
    gateway.findings()
    assert [opened.count(str(gateway.policy / name)) for name in ("map.txt", "site.yaml")] == [1, 1]


def test_no_policy(gateway):
    gateway.policy = gateway.policy / "none"
    assert gateway.severities() == {"no-policy": "error"}


def test_a_policy_with_faults(gateway):
    (gateway.policy / "map.txt").write_text("one\ntwo\n")
    found = gateway.findings()["policy-faults"]
    assert (found["severity"], found["remedy"]) == ("error", "run `placement check`")
    assert found["message"].startswith("2 errors in the policy; the first: ")
    assert "bare-word" in found["message"]


def test_a_policy_that_everybody_may_write(gateway):
    gateway.policy.chmod(0o777)
    assert "writable-by-all" in gateway.findings()["policy-faults"]["message"]


@pytest.mark.parametrize("name", ["map.txt", ""])
def test_a_policy_that_only_some_may_read(gateway, name):
    (gateway.policy / name).chmod(0o700 if not name else 0o600)
    gateway.compile()
    assert gateway.severities() == {"policy-private": "warning"}


@pytest.mark.skipif(os.getuid() != 0, reason="gives files away")
def test_a_policy_of_two_owners(gateway):
    os.chown(gateway.policy / "site.yaml", 12345, 0)
    gateway.compile()
    found = gateway.findings()["policy-owner"]
    assert (found["severity"], found["file"]) == ("warning", str(gateway.policy / "site.yaml"))
    assert "`12345`" in found["message"]


def test_no_index(gateway):
    (gateway.policy / "map.index").unlink()
    assert gateway.severities() == {"no-index": "warning"}


def test_an_index_older_than_the_files(gateway):
    (gateway.policy / "map.txt").write_text("* root.b\n")
    assert gateway.severities() == {"index-stale": "warning"}


def test_an_index_that_is_refused(gateway):
    (gateway.policy / "map.index").write_bytes(b"no index")
    assert gateway.severities() == {"index-foreign": "warning"}


@pytest.mark.skipif(os.getuid() != 0, reason="gives files away")
def test_an_index_that_its_owner_cannot_write(gateway):
    os.chown(gateway.policy / "map.txt", 12345, 0)
    gateway.compile()
    assert gateway.severities()["index-cannot-be-written"] == "warning"


# --- the wrappers


def test_a_wrapper_behind_the_real_command(gateway):
    gateway.path = [gateway.bin, gateway.wrappers, SYSTEM]
    found = gateway.findings()["path-order"]
    assert found["severity"] == "error"
    assert f"put {gateway.wrappers} first on PATH" in found["remedy"]


def test_a_command_without_a_wrapper(gateway):
    gateway.executable(gateway.bin / "hadoop", b"#!/bin/sh\n")
    assert gateway.severities() == {"not-wrapped": "warning"}


def test_a_wrapper_without_a_real_command(gateway):
    gateway.real.unlink()
    assert gateway.severities() == {"no-real-command": "error"}


def test_a_wrapper_in_front_of_itself(gateway):
    (gateway.policy / "site.yaml").write_text(f"commands: {{spark-submit: {gateway.shim}}}\n")
    gateway.compile()
    found = gateway.findings()["no-real-command"]
    assert "is a wrapper itself" in found["message"]


def test_a_wrapper_whose_python_is_gone(gateway):
    gateway.executable(gateway.shim, shims.text(shims.Interpreter("/nowhere/python3", str(ROOT))))
    found = gateway.findings()["shim-python"]
    assert "No such file or directory" in found["message"]
    assert found["remedy"] == f"install it again: `placement install-wrappers --to {gateway.wrappers}`"


def test_a_wrapper_whose_package_is_gone(gateway):
    gateway.executable(gateway.shim, shims.text(shims.Interpreter(shims.own().python, "/nowhere")))
    assert "No module named 'placement'" in gateway.findings()["shim-python"]["message"]


def test_a_wrapper_of_another_version(gateway, tmp_path):
    package = tmp_path / "old" / "placement"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "0.0.1"\n')
    gateway.executable(gateway.shim, shims.text(shims.Interpreter(shims.own().python, str(package.parent))))
    found = gateway.findings()["shim-version"]
    assert found["severity"] == "warning"
    assert "of placement 0.0.1" in found["message"]


def test_a_wrapper_that_somebody_edited(gateway):
    gateway.executable(gateway.shim, gateway.shim.read_bytes() + b"print()\n")
    assert gateway.severities() == {"shim-damaged": "error"}


def test_a_wrapper_that_everybody_may_write(gateway):
    gateway.shim.chmod(0o757)
    assert gateway.severities() == {"shim-writable": "error"}


def test_a_wrapper_that_others_cannot_start(gateway, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    (closed / "here").symlink_to(ROOT)
    (closed / "python").symlink_to(shims.own().python)
    gateway.executable(gateway.shim, shims.text(shims.Interpreter(f"{closed}/python", f"{closed}/here")))
    said = gateway.doctor()[1]
    assert f"{gateway.shim}: warning[shim-private]: other accounts cannot start this wrapper: " in said


def test_the_wrappers_that_come_with_a_checkout_are_known(gateway):
    gateway.path[0] = ROOT / "wrappers"
    assert not {code for code in gateway.severities() if code.startswith("shim-")}


VERSIONS = {
    "spark/RELEASE": ("spark-submit", "3.5.1"),
    "spark/jars/spark-core_2.12-3.5.9.jar": ("spark-submit", "3.5.9"),
    "spark/lib/spark/jars/spark-core_2.11-2.4.0-cdh6.3.2.jar": ("spark-submit", "2.4.0-cdh6.3.2"),
    "spark/lib/python3.11/site-packages/pyspark/jars/spark-core_2.13-4.0.0.jar": ("pyspark", "4.0.0"),
    "spark/share/hadoop/common/hadoop-common-3.4.2.jar": ("hadoop", "3.4.2"),
    "spark/lib/flink-dist-1.20.5.jar": ("flink", "1.20.5"),
    "spark/lib/hive-exec-4.0.1.jar": ("beeline", "4.0.1"),
    "spark/nothing": ("spark-submit", None),
}


@pytest.mark.parametrize("file", VERSIONS)
def test_versions_are_told_without_java(gateway, tmp_path, file):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("Spark 3.5.1 (git revision 1) built for Hadoop 3.3.4\n")
    name, version = VERSIONS[file]
    assert wrapped.version_of(name, str(gateway.bin / name)) == version
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / name).symlink_to(gateway.executable(gateway.bin / name, b""))
    assert wrapped.version_of(name, str(tmp_path / "link" / name)) == version


# --- the account


def test_a_slow_name_service(gateway, monkeypatch):
    monkeypatch.setattr(account, "SLOW_MS", 0)
    assert gateway.severities() == {"groups-slow": "warning"}


def test_an_account_without_groups(gateway):
    assert gateway.severities(HADOOP_USER_NAME="nobody-there") == {"no-groups-of-account": "warning"}


# --- the cluster


def test_no_configuration_of_hadoop(gateway):
    assert gateway.severities(HADOOP_CONF_DIR="") == {"no-hadoop-conf": "warning"}


def test_a_folder_without_yarn_site(gateway):
    (gateway.conf / "yarn-site.xml").unlink()
    assert gateway.severities() == {"no-yarn-site": "error"}


@pytest.mark.parametrize("name", ["yarn-site.xml", "core-site.xml"])
def test_a_configuration_that_is_no_xml(gateway, name):
    (gateway.conf / name).write_text("<configuration>")
    found = gateway.findings()["bad-hadoop-conf"]
    assert (found["severity"], found["file"]) == ("error", str(gateway.conf / name))


def test_entities_are_not_replaced(gateway):
    text = '<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/passwd">]><configuration>&e;</configuration>'
    (gateway.conf / "core-site.xml").write_text(text)
    assert gateway.severities()["hadoop-configuration"] == "warning"


def test_a_resource_manager_that_is_down(gateway, stub):
    stub.close()
    assert gateway.severities() == {"rm-unreachable": "error"}


def test_a_resource_manager_that_is_standby_is_not_followed(gateway, stub):
    stub.status, stub.headers = 307, {"Location": f"http://{stub.address}/elsewhere"}
    assert gateway.severities() == {"rm-standby": "error"}
    assert not any(path == "/elsewhere" for path in stub.asked)


def test_of_two_resource_managers_the_active_one_is_asked(gateway, stub):
    names = {"yarn.resourcemanager.ha.enabled": "true", "yarn.resourcemanager.ha.rm-ids": "one,two"}
    names |= {f"yarn.resourcemanager.webapp.address.{each}": "127.0.0.1:9" for each in ("one",)}
    gateway.yarn_site(names | {"yarn.resourcemanager.webapp.address.two": stub.address})
    assert gateway.severities() == {}


def test_a_resource_manager_that_wants_a_ticket(gateway, stub):
    stub.status, stub.headers = 401, {"WWW-Authenticate": "Negotiate"}
    assert gateway.severities() == {"rm-refused": "error"}


def test_another_scheduler_than_the_site_says(gateway, stub):
    stub.scheduler = CAPACITY
    found = gateway.findings()["scheduler-differs"]
    assert found["severity"] == "error"
    assert "`capacityScheduler`" in found["message"]


def test_a_queue_of_a_rule_that_the_cluster_does_not_have(gateway):
    (gateway.policy / "map.txt").write_text("* root.a\n:x root.nowhere\n:y root.nowhere\n* root.users.%user\n* b\n")
    gateway.compile()
    found = gateway.findings()
    assert set(found) == {"real-command", "account", "queue-not-on-cluster"}
    assert (found["queue-not-on-cluster"]["severity"], found["queue-not-on-cluster"]["line"]) == ("warning", 2)
    assert found["queue-not-on-cluster"]["message"] == "`root.nowhere` does not exist on the cluster"


def test_a_queue_of_a_rule_that_is_no_leaf(gateway, stub):
    stub.scheduler = CAPACITY
    (gateway.policy / "map.txt").write_text("* a\n* c\n* root.b\n")
    (gateway.policy / "site.yaml").write_text("scheduler: capacity\n")
    gateway.compile()
    found = gateway.findings()["queue-not-on-cluster"]
    assert found["line"] == 3
    assert "has queues below it" in found["message"]


def test_it_runs_as_a_command(gateway):
    command = [shims.own().python, "-c", "from placement.cli import main; main()", "doctor", "--policy", gateway.policy]
    environ = {"PATH": ":".join(map(str, gateway.path)), "HADOOP_CONF_DIR": str(gateway.conf)}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
