"""The wrappers in bad surroundings: hostile users, odd machines, unlucky moments; from the outside."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

SHOW = '#!/bin/sh\nfor argument in "$@"; do printf \'<%s>\\n\' "$argument"; done\nexit 3\n'


class Gateway:
    def __init__(self, folder: Path) -> None:
        self.folder, self.policy, self.bin = folder, folder / "policy", folder / "bin"
        self.policy.mkdir()
        self.bin.mkdir()
        (self.policy / "map.txt").write_text("alice: root.a\n* root.default\n")
        self.site("groups: {static: groups.yaml}\n")
        (self.policy / "groups.yaml").write_text("bob: [dev]\n")
        for name in ("spark-submit", "spark2-submit", "hadoop", "hive", "yarn"):
            self.real(SHOW, name)
        self.first = ROOT / "wrappers"

    def site(self, text: str) -> None:
        (self.policy / "site.yaml").write_text(text)

    def real(self, script: str, name: str = "spark-submit") -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def shims(self) -> None:
        from placement.installation import shims

        self.first = self.folder / "shims"
        self.first.mkdir()
        shim = self.first / "spark-submit"
        shim.write_bytes(shims.text(shims.Interpreter(f"{ROOT}/.venv/bin/python3", str(ROOT))))
        shim.chmod(0o755)

    def run(self, *command, preexec_fn=None, cwd=None, **environ):
        base = {
            "PATH": f"{self.first}:{self.bin}:/usr/bin:/bin",
            "PLACEMENT_POLICY": str(self.policy),
            "HADOOP_USER_NAME": "alice",
            "MASTER": "yarn",
        }
        base = {key: value for key, value in {**base, **environ}.items() if value is not None}
        return subprocess.run(
            command,
            env=base,
            cwd=cwd or self.folder,
            capture_output=True,
            timeout=60,
            check=False,
            preexec_fn=preexec_fn,
        )


@pytest.fixture
def gateway(tmp_path):
    tmp_path.chmod(0o755)
    return Gateway(tmp_path)


# (1) wrong queue, or unplaced without a word


@pytest.mark.parametrize("master", ["yarn-cluster", "yarn-client"])
def test_the_masters_of_spark_2_are_yarn(gateway, master):
    done = gateway.run("spark2-submit", "--master", master, "app.jar")
    assert b"<--queue>\n<root.a>" in done.stdout


def ignore_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def test_a_refusal_of_the_policy_executable_is_one_where_sigchld_is_ignored(gateway):
    gateway.shims()
    script = gateway.folder / "decides"
    script.write_text("#!/bin/sh\necho denied\nexit 3\n")
    script.chmod(0o755)
    gateway.site(f"policy: {{exec: {script}}}\n")
    done = gateway.run("spark-submit", "job.py", preexec_fn=ignore_children)
    assert (done.returncode, done.stdout) == (77, b"")


def test_the_real_command_ignores_sigchld_as_before(gateway):
    gateway.shims()
    gateway.real(f"#!{sys.executable} -S\nimport signal\nprint(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN)\n")
    assert b"True" in gateway.run("spark-submit", "job.py", preexec_fn=ignore_children).stdout


def test_the_policy_executable_is_not_asked_in_the_place_of_a_principal(gateway):
    script = gateway.folder / "decides"
    script.write_text("#!/bin/sh\necho root.of.the.account\n")
    script.chmod(0o755)
    gateway.site(f"authentication: kerberos\npolicy: {{exec: {script}}}\n")
    done = gateway.run("spark-submit", "--principal", "etl@R", "--keytab", "k", "job.py", HADOOP_USER_NAME=None)
    assert (done.returncode, done.stdout) == (78, b"")


# (2) internal errors


def test_a_deleted_working_folder_is_no_fault_of_ours(gateway):
    gone = gateway.folder / "gone"
    gone.mkdir()
    done = gateway.run("sh", "-c", f"cd {gone} && rmdir {gone} && spark-submit job.py")
    assert b"internal" not in done.stderr
    assert done.returncode == 3


def test_a_damaged_jar_is_no_fault_of_ours(gateway):
    jar = gateway.folder / "bad.jar"
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("META-INF/MANIFEST.MF", "Main-Class: a.Main\r\n" + "X-Y: z\r\n" * 20)
    content = bytearray(jar.read_bytes())
    at = content.index(b"MANIFEST.MF") + 11
    content[at : at + 6] = b"\xff" * 6
    jar.write_bytes(content)
    done = gateway.run("hadoop", "jar", str(jar), "in")
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize("option", ["--num-executors", "--executor-memory"])
def test_numbers_beyond_all_measure_are_not_known(gateway, option):
    done = gateway.run("spark-submit", option, "9" * 400, "job.py")
    assert b"internal" not in done.stderr
    assert b"<root.a>" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a mount namespace")
def test_without_proc(gateway):
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc"], check=False).returncode:
        pytest.skip("this machine gives nobody a /proc of its own")
    done = gateway.run("unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec spark-submit job.py")
    assert b"internal" not in done.stderr
    assert b"<root.a>" in done.stdout


def test_a_real_command_without_a_first_line_runs_as_in_a_shell(gateway):
    gateway.real('echo ran "$@"\n')
    assert gateway.run("spark-submit", "--version").stdout == b"ran --version\n"


def test_a_guard_of_many_digits(gateway):
    done = gateway.run("spark-submit", "job.py", PLACEMENT_WRAPPED=f"1.2.{'9' * 5000}.x")
    assert b"internal" not in done.stderr


def test_an_interrupt_leaves_no_traceback(gateway):
    gateway.real("#!/bin/sh\nsleep 1\n")
    environ = {"PATH": f"{gateway.first}:{gateway.bin}:/usr/bin:/bin", "PLACEMENT_POLICY": str(gateway.policy)}
    said = b""
    for delay_ms in range(6, 60, 3):
        started = subprocess.Popen(
            ["spark-submit", "--master", "yarn", "job.py"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(delay_ms / 1000)
        started.send_signal(signal.SIGINT)
        said += started.communicate()[1]
    assert b"placement/" not in said  # Python itself, before any code of ours, may still say something


# (3) trust, secrets


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of another account")
def test_in_a_sticky_folder_nobody_adds_a_site(gateway):
    gateway.policy.chmod(0o1777)
    gateway.real("#!/bin/sh\necho EVIL\n", "evil")
    gateway.site(f"commands: {{spark-submit: {gateway.bin}/evil}}\n")
    os.chown(gateway.policy / "site.yaml", 65534, 65534)
    done = gateway.run("spark-submit", "job.py")
    assert b"EVIL" not in done.stdout
    assert b"writable-by-all" in done.stderr


def test_a_map_behind_a_link_stands_where_it_is(gateway):
    folder = gateway.folder / "open"
    folder.mkdir()
    (gateway.policy / "map.txt").rename(folder / "map.txt")
    folder.chmod(0o777)
    (gateway.policy / "map.txt").symlink_to("../open/map.txt")
    done = gateway.run("spark-submit", "job.py")
    assert b"writable-by-all" in done.stderr
    assert done.returncode == 78


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("hive", ["-u", "jdbc:hive2://h/", "-n", "ann", "-p", "hunter2"]),
        ("hive", ["-phunter2"]),
        ("spark-submit", ["https://ann:hunter2@h/app.jar"]),
        ("spark-submit", ["--name", "password=hunter2", "job.py"]),
        ("spark-submit", ["--repositories", "https://a:b@h/1,https://c:hunter2@h/2", "job.py"]),
        ("spark-submit", ["--conf", "spark.hadoop.fs.azure.account.key.a.blob.core.windows.net=hunter2", "job.py"]),
        ("spark-submit", ["--conf", "spark.driver.extraJavaOptions=-Da.password='hunter2'", "job.py"]),
        ("spark-submit", ["--conf", 'spark.driver.extraJavaOptions=-Da.password="x hunter2" -Db=1', "job.py"]),
        ("spark-submit", ["job.py", "--api_key", "hunter2"]),
    ],
)
def test_secrets_stay_out_of_the_trail(gateway, command, arguments):
    trail = gateway.folder / "trail"
    gateway.site(f"audit: {{file: {trail}, arguments: masked}}\n")
    gateway.run(command, *arguments)
    assert json.loads(trail.read_text())["outcome"] == "run"
    assert "hunter2" not in trail.read_text()


def test_the_record_of_an_error_says_who(gateway):
    trail = gateway.folder / "trail"
    gateway.site(f"audit: {{file: {trail}}}\n")
    (gateway.policy / "map.txt").write_text("broken\n")
    gateway.run("spark-submit", "job.py")
    assert json.loads(trail.read_text())["uid"] == os.getuid()


@pytest.mark.parametrize("what", ["pipe", "file of another"])
def test_a_trail_that_somebody_else_put_there_is_not_written(gateway, what):
    folder = gateway.folder / "trail"
    folder.mkdir()
    folder.chmod(0o1733)
    import pwd

    file = folder / f"{pwd.getpwuid(os.getuid()).pw_name}.jsonl"
    os.mkfifo(file) if what == "pipe" else file.touch()
    file.chmod(0o666)
    if what != "pipe":
        if os.geteuid():
            pytest.skip("needs another account")
        os.chown(file, 65534, 65534)
    gateway.site(f'audit: {{file: "{folder}/%user.jsonl", on-error: closed}}\n')
    done = gateway.run("spark-submit", "job.py")
    assert b"audit-unwritten" in done.stderr
    assert done.returncode == 78


def test_hadoop_user_name_is_removed_where_on_error_is_open_too(gateway):
    gateway.site("on-error: open\nhadoop-user-name: remove\n")
    gateway.real('#!/bin/sh\necho "<$HADOOP_USER_NAME>"\n')
    (gateway.policy / "map.txt").write_text("broken\n")
    assert gateway.run("spark-submit", "job.py").stdout == b"<>\n"


# (4) messages


def test_a_path_with_a_line_end_stays_on_one_line(gateway):
    file = gateway.folder / "p\n\x1b[31m"
    file.write_text("spark.yarn.queue=root.zz\n")
    done = gateway.run("spark-submit", "--properties-file", str(file), "job.py")
    assert done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr


def test_no_file_descriptors_is_no_foreign_index(tmp_path, monkeypatch):
    from placement.rules import index

    def fails(*_args, **_kwargs):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(index.posix, "open", fails)
    assert index.open_index(str(tmp_path / "map.index"), 0) is None
