"""Installing wrappers, and taking them out again: the command line, and what the installed wrappers then do."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement import site
from placement.errors import PlacementError
from placement.installation import shims
from placement.installation.site_commands import with_commands
from tests.conftest import ROOT

REAL = "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\nexit 3\n"
SYSTEM = "/usr/bin:/bin"
MARK = b"yarn-placement wrapper"


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


class Gateway:
    """A policy folder, a folder `bin` with a real spark-submit and a real hadoop, and an empty place for wrappers."""

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy"
        self.bin = folder / "bin"
        self.wrappers = folder / "wrappers"
        self.policy.mkdir()
        self.bin.mkdir()
        (self.policy / "map.txt").write_text("alice: root.a\n")
        for name in ("spark-submit", "hadoop"):
            self.real(name)
        self.path = [self.wrappers, self.bin, SYSTEM]

    def real(self, name: str, text: str = REAL) -> Path:
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def site(self, text: str) -> Path:
        file = self.policy / "site.yaml"
        file.write_text(text)
        return file

    def environ(self, **more: str) -> dict[str, str]:
        names = {"PLACEMENT_POLICY": str(self.policy), "HADOOP_USER_NAME": "alice", "MASTER": "yarn"}
        return {"PATH": ":".join(map(str, self.path)), **names, **more}

    def call(self, *arguments: str | Path) -> tuple[int, str, str]:
        """`placement install-wrappers ARGUMENTS`: exit status, standard output and standard error."""
        command = [sys.executable, "-c", "from placement.cli import main; main()", "install-wrappers", *arguments]
        done = subprocess.run(
            command, env=self.environ(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    def install(self, *arguments: str) -> tuple[int, str, str]:
        return self.call("--to", self.wrappers, *arguments)

    def submit(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command or ("spark-submit", "job.py", "a b", ""),
            env=self.environ(), cwd="/", capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def is_placed(self) -> bool:
        done = self.submit()
        words = re.sub(r"placement:\w+", "placement:ID", done.stdout)
        placed = "<--queue>\n<root.a>\n<--conf>\n<spark.yarn.tags=placement:ID>\n<job.py>\n<a b>\n<>\n"
        return (done.returncode, words) == (3, placed)


def everything(folder: Path) -> dict[str, object]:
    """Names, kinds, modes and contents of all below a folder."""
    return {str(file.relative_to(folder)): content(file) for file in folder.rglob("*")}


def content(file: Path) -> tuple[object, ...]:
    if file.is_symlink():
        return (os.readlink(file),)
    return file.stat().st_mode, file.is_file() and file.read_bytes()


def test_every_real_command_that_is_here_gets_a_wrapper_that_places(gateway):
    status, said, _ = gateway.install()
    assert status == 0
    assert f"spark-submit: installed {gateway.wrappers}/spark-submit, in front of {gateway.bin}/spark-submit" in said
    assert "note" not in said
    assert sorted(os.listdir(gateway.wrappers)) == ["hadoop", "spark-submit"]
    assert gateway.is_placed()
    shim = (gateway.wrappers / "spark-submit").read_bytes()
    assert MARK in shim[:256]
    assert os.stat(gateway.wrappers / "spark-submit").st_mode & 0o777 == 0o755


def test_everybody_may_start_a_wrapper_whatever_the_umask(gateway):
    gateway.wrappers = gateway.policy / "new" / "wrappers"
    umask = os.umask(0o077)
    try:
        gateway.install()
    finally:
        os.umask(umask)
    assert {gateway.wrappers.stat().st_mode & 0o777, gateway.wrappers.parent.stat().st_mode & 0o777} == {0o755}
    assert (gateway.wrappers / "hadoop").stat().st_mode & 0o777 == 0o755


def test_named_commands_alone_get_one(gateway):
    assert gateway.install("spark-submit")[0] == 0
    assert os.listdir(gateway.wrappers) == ["spark-submit"]


def test_the_policy_executable_can_be_installed_too(gateway):
    assert gateway.install("policy")[0] == 0
    assert gateway.submit("policy").stdout == "root.a\n"


def test_the_real_command_of_site_yaml_is_used_and_the_file_left_alone(gateway):
    elsewhere = gateway.policy / "flink"
    shutil.copy(gateway.bin / "hadoop", elsewhere)
    file = gateway.site(f"# mine\ncommands: {{flink: {elsewhere}}}\n")
    status, said, _ = gateway.install("flink")
    assert status == 0
    assert f"in front of {elsewhere}" in said
    assert file.read_text() == f"# mine\ncommands: {{flink: {elsewhere}}}\n"


def test_twice_is_as_once(gateway):
    gateway.install()
    before = everything(gateway.wrappers), os.stat(gateway.wrappers / "hadoop").st_ino
    status, said, _ = gateway.install()
    assert status == 0
    assert "unchanged" in said
    assert said.endswith("nothing to do\n")
    assert (everything(gateway.wrappers), os.stat(gateway.wrappers / "hadoop").st_ino) == before


def test_a_dry_run_changes_nothing(gateway):
    status, said, _ = gateway.install("--dry-run")
    assert (status, gateway.wrappers.exists()) == (0, False)
    assert "spark-submit: would be installed" in said
    gateway.install()
    before = everything(gateway.wrappers)
    assert "spark-submit: would be removed" in gateway.install("--uninstall", "--dry-run")[1]
    assert everything(gateway.wrappers) == before


def test_a_wrapper_of_another_installation_is_replaced_and_a_link_to_one_too(gateway):
    gateway.wrappers.mkdir()
    old = gateway.wrappers / "spark-submit"
    old.write_bytes(shims.text(shims.Interpreter("/gone/python3", "/gone")))
    (gateway.wrappers / "hadoop").symlink_to(ROOT / "wrappers" / "hadoop")
    status, said, _ = gateway.install()
    assert status == 0
    assert f"spark-submit: replaced {old}" in said
    assert f"hadoop: replaced {gateway.wrappers}/hadoop" in said
    assert not (gateway.wrappers / "hadoop").is_symlink()
    assert (ROOT / "wrappers" / "hadoop").is_symlink()
    assert gateway.is_placed()


def test_a_wrapper_that_lost_its_permissions_gets_them_back(gateway):
    gateway.install()
    (gateway.wrappers / "hadoop").chmod(0o600)
    assert "hadoop: replaced" in gateway.install()[1]
    assert os.access(gateway.wrappers / "hadoop", os.X_OK)


REFUSED = {
    "foreign-file": lambda gateway: (gateway.wrappers / "hadoop").write_text("somebody else's\n"),
    "writable-by-all": lambda gateway: gateway.wrappers.chmod(0o777),
    "own-folder": lambda gateway: (gateway.wrappers / "wrapper").symlink_to(ROOT / "wrappers" / "wrapper"),
    "bad-value": lambda gateway: gateway.site("scheduler: x\n"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_in_the_way_is_said_and_nothing_is_changed(gateway, code):
    gateway.wrappers.mkdir()
    REFUSED[code](gateway)
    before = everything(gateway.wrappers)
    status, said, error = gateway.install()
    assert (status, said) == (78, "")
    assert f"error[{code}]" in error
    assert everything(gateway.wrappers) == before


def test_a_folder_of_real_commands_is_refused_and_they_stay(gateway):
    before = everything(gateway.bin)
    status, _, error = gateway.call("--to", gateway.bin)
    assert status == 78
    assert f"{gateway.bin}/spark-submit: error[foreign-file]: the real command itself is here" in error
    assert f"{gateway.bin}/hadoop: error[foreign-file]" in error
    assert everything(gateway.bin) == before


@pytest.mark.parametrize(("name", "code"), [("flink", "no-real-command"), ("ls", "unknown-command")])
def test_a_command_that_could_not_be_found_again_is_refused(gateway, name, code):
    status, _, error = gateway.install("spark-submit", name)
    assert status == 78
    assert f"error[{code}]" in error
    assert not gateway.wrappers.exists()


def test_without_any_real_command_there_is_nothing_to_wrap(gateway):
    gateway.path = [SYSTEM]
    status, _, error = gateway.install()
    assert status == 78
    assert "error[nothing-to-wrap]" in error


def test_a_file_in_the_place_of_the_folder_is_refused(gateway):
    gateway.wrappers.write_text("")
    status, _, error = gateway.install()
    assert status == 78
    assert f"{gateway.wrappers}: error[unwritable]" in error


def test_a_folder_that_is_not_first_on_the_path_is_mentioned(gateway):
    gateway.path = [gateway.bin, SYSTEM]
    said = gateway.install()[1]
    assert f"note: {gateway.wrappers} stands behind {gateway.bin}/spark-submit on PATH" in said


def test_uninstalling_removes_exactly_ours_and_links_to_them(gateway):
    gateway.install()
    (gateway.wrappers / "other").write_text("not ours\n")
    (gateway.wrappers / "sqoop").write_text("not ours\n")
    (gateway.wrappers / "submit").symlink_to("spark-submit")
    (gateway.wrappers / "elsewhere").symlink_to(gateway.bin / "hadoop")
    file = gateway.site(f"commands: {{hadoop: {gateway.bin}/hadoop}}\n")
    status, said, _ = gateway.install("--uninstall")
    assert status == 0
    assert sorted(os.listdir(gateway.wrappers)) == ["elsewhere", "other", "sqoop"]
    assert f"submit: removed {gateway.wrappers}/submit\n" in said
    assert f"{file} still names the real hadoop" in said
    assert file.exists()
    status, said, _ = gateway.install("--uninstall")
    assert (status, said) == (0, f"{gateway.wrappers}: no wrapper there, nothing to do\n")
    assert gateway.submit("hadoop", "x").stdout == "<x>\n"


def test_uninstalling_some_leaves_the_others(gateway):
    gateway.install()
    assert gateway.install("--uninstall", "hadoop")[0] == 0
    assert os.listdir(gateway.wrappers) == ["spark-submit"]


def test_uninstalling_what_is_not_ours_is_refused(gateway):
    status, _, error = gateway.call("--to", gateway.bin, "--uninstall", "hadoop")
    assert status == 78
    assert "error[foreign-file]" in error
    assert (gateway.bin / "hadoop").exists()
    assert gateway.call("--to", gateway.bin / "nowhere", "--uninstall")[0] == 0


@pytest.mark.parametrize("name", ["ü b", "日", "it's", "a\tb"])
def test_any_folder_will_do(gateway, name):
    gateway.wrappers = gateway.policy / name
    gateway.path[0] = gateway.wrappers
    assert gateway.install()[0] == 0
    assert gateway.is_placed()
    assert gateway.install("--uninstall")[0] == 0
    assert os.listdir(gateway.wrappers) == []


# --- killed in the middle


@pytest.mark.parametrize("done", [0, 1])
def test_a_failing_rename_leaves_whole_files_and_nothing_unfinished(gateway, run, monkeypatch, done):
    gateway.wrappers.mkdir()
    rename, calls = os.rename, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) > done:
            raise OSError(28, "No space left on device", arguments[0])
        rename(*arguments)

    monkeypatch.setattr(os, "rename", failing)
    monkeypatch.setenv("PATH", gateway.environ()["PATH"])
    status, _, error = run("install-wrappers", "--to", gateway.wrappers, PLACEMENT_POLICY=str(gateway.policy))
    assert status == 78
    assert "error[unwritable]" in error
    assert "No space left" in error
    there = os.listdir(gateway.wrappers)
    assert len(there) == done
    assert all((gateway.wrappers / name).read_bytes() == shims.text(shims.own()) for name in there)
    monkeypatch.undo()
    assert gateway.install()[0] == 0
    assert gateway.is_placed()


def test_what_a_killed_writer_left_is_deleted_after_a_while(gateway):
    gateway.wrappers.mkdir()
    old, new = gateway.wrappers / ".placement.hadoop.1.ab", gateway.wrappers / ".placement.hadoop.2.ab"
    old.write_text("")
    new.write_text("")
    os.utime(old, (0, 0))
    gateway.install()
    assert (old.exists(), new.exists()) == (False, True)


# --- the text of a shim


def interpreters():
    link = "/lib/".join
    names = st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1, max_size=200)
    return st.builds(lambda python, home: shims.Interpreter(f"/{python}", link(("", home))), names, names)


@given(interpreters())
def test_a_shim_says_what_it_starts_and_carries_the_mark(tmp_path_factory, interpreter):
    file = tmp_path_factory.getbasetemp() / "shim"
    try:
        content = shims.text(interpreter)
    except UnicodeEncodeError:
        return  # no path of a file
    file.write_bytes(content)
    assert shims.interpreter_of(str(file)) == interpreter
    assert MARK in content[:256]
    assert len(content.split(b"\n")[0]) < 127


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"#!/bin/sh\n\nexec 'x", b"\xff\n\nsys.path.append(", b"#!x\n"]
)
def test_what_is_no_shim_says_nothing(tmp_path, content):
    file = tmp_path / "shim"
    file.write_bytes(content)
    assert shims.interpreter_of(str(file)) is None
    assert shims.interpreter_of(str(tmp_path / "none")) is None


@pytest.mark.parametrize("folder", ["python with blanks", "long" * 40, "ü", os.fsdecode(b"\xff")])
def test_a_python_of_any_path_is_started(gateway, folder):
    home = gateway.policy / folder
    home.mkdir()
    (home / "python").symlink_to(sys.executable)
    (home / "here").symlink_to(ROOT)
    shim = gateway.wrappers / "spark-submit"
    gateway.wrappers.mkdir()
    shim.write_bytes(shims.text(shims.Interpreter(f"{home}/python", f"{home}/here")))
    shim.chmod(0o755)
    assert gateway.is_placed()


# --- site.yaml


COMMANDS = {"spark-submit": "/opt/a/spark-submit", "hadoop": "/opt/a b/hadoop"}
ADDED = 'spark-submit: /opt/a/spark-submit\n  hadoop: "/opt/a b/hadoop"\n'
SITES = {
    "nothing": ("", f"commands:\n  {ADDED}"),
    "a comment": ("# mine", f"# mine\ncommands:\n  {ADDED}"),
    "other settings": (
        "scheduler: fair # so\n\n# end\n", f"scheduler: fair # so\n\n# end\ncommands:\n  {ADDED}"
    ),
    "a block": (
        "commands: # real ones\n  flink: /f  # theirs\n# below\nscheduler: fair\n",
        f"commands: # real ones\n  flink: /f  # theirs\n  {ADDED}# below\nscheduler: fair\n",
    ),
    "a list in braces": (
        "commands: {flink: /f} # x\non-error: open",
        'commands: {flink: /f, spark-submit: /opt/a/spark-submit, hadoop: "/opt/a b/hadoop"} # x\non-error: open',
    ),
    "empty braces": (
        "commands: {}\n", 'commands: {spark-submit: /opt/a/spark-submit, hadoop: "/opt/a b/hadoop"}\n'
    ),
    "another value": (
        "commands:\n    hadoop: '/old'   # was\n    spark-submit: /opt/a/spark-submit\n",
        'commands:\n    hadoop: "/opt/a b/hadoop"   # was\n    spark-submit: /opt/a/spark-submit\n',
    ),
    "carriage returns": (
        "scheduler: fair\r\n", f"scheduler: fair\r\ncommands:\r\n  {ADDED}".replace("\n", "\r\n").replace("\r\r", "\r")
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SITES)
def test_real_commands_are_added_and_all_else_is_kept(case):
    old, new = SITES[case]
    assert with_commands(old.encode(), "site.yaml", COMMANDS).decode() == new
    assert with_commands(new.encode(), "site.yaml", COMMANDS).decode() == new


@pytest.mark.parametrize(
    "text", ["{scheduler: fair}", "scheduler: fair\n...\n", "commands: {flink: &x /f, hadoop: *x}\n"]
)
def test_what_only_a_person_can_edit_is_refused_with_the_lines_to_add(text):
    with pytest.raises(PlacementError) as raised:
        with_commands(text.encode(), "site.yaml", {"hadoop": "/h"})
    (problem,) = raised.value.problems
    assert problem.code == "site-unedited"
    assert "commands:\n    hadoop: /h" in problem.remedy


@given(
    st.sampled_from([old for old, _ in SITES.values()]),
    st.dictionaries(
        st.sampled_from(["hadoop", "spark-submit", "flink"]), st.text(max_size=30).map("/".__add__), min_size=1
    ),
)
def test_what_was_added_is_read_again(text, commands):
    try:
        new = with_commands(text.encode(), "site.yaml", commands)
    except PlacementError as error:
        assert error.problems[0].code == "site-unedited"  # noqa: PT017
        return
    was, now = site.read(text.encode(), "site.yaml")[0], site.read(new, "site.yaml")[0]
    assert now.commands == {**was.commands, **commands}
    assert (now.scheduler, now.on_error) == (was.scheduler, was.on_error)


# --- the system's alternatives


@pytest.fixture
def alternatives(gateway, run, monkeypatch, tmp_path):
    """A system whose alternatives manage `usr/spark-submit`; the shims that stand in its place go below `prefix`."""
    if not shutil.which("update-alternatives"):
        pytest.skip("no update-alternatives here")
    return Alternatives(gateway, run, monkeypatch, tmp_path)


class Alternatives:
    def __init__(self, gateway, run, monkeypatch, folder):
        self.gateway, self._run = gateway, run
        self.bin, self.links, self.admin = folder / "usr", folder / "links", folder / "admin"
        tools = folder / "tools"
        for each in (self.bin, self.links, self.admin, tools):
            each.mkdir()
        program = tools / "update-alternatives"
        places = f"--altdir {self.links} --admindir {self.admin} --log {folder}/log"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("update-alternatives")} {places} "$@"\n')
        program.chmod(0o755)
        self.program, self.link, self.real = program, self.bin / "spark-submit", gateway.real("real-submit")
        self.shim = folder / "prefix/share/yarn-placement/alternatives/spark-submit"
        self.system("--install", self.link, "spark-submit", self.real, "10")
        gateway.path = [self.bin, SYSTEM]
        monkeypatch.setattr(sys, "prefix", str(folder / "prefix"))
        monkeypatch.setenv("PATH", f"{tools}:{self.bin}:{SYSTEM}")

    def system(self, *arguments):
        subprocess.run([self.program, *arguments], check=True, capture_output=True)

    def call(self, *arguments):
        policy = str(self.gateway.policy)
        status, *said = self._run("install-wrappers", "--to", self.bin, *arguments, PLACEMENT_POLICY=policy)
        return status or 0, *said


def test_a_command_among_the_alternatives_is_wrapped_in_its_place_and_given_back(alternatives):
    gateway, site_file = alternatives.gateway, alternatives.gateway.site("# ours\nscheduler: fair\n")
    site_file.chmod(0o640)
    before = everything(alternatives.bin)
    status, said, error = alternatives.call()
    assert (status, error) == (0, "")
    assert f"spark-submit: registered {alternatives.shim} (alternatives of {alternatives.link})" in said
    assert f"{site_file}: real commands written there: spark-submit" in said
    assert alternatives.link.resolve() == alternatives.shim
    assert site_file.read_text() == f"# ours\nscheduler: fair\ncommands:\n  spark-submit: {alternatives.real}\n"
    assert site_file.stat().st_mode & 0o777 == 0o640
    assert everything(alternatives.bin).keys() == before.keys()
    assert gateway.is_placed()
    assert alternatives.call()[1].endswith("nothing to do\n")
    status, said, _ = alternatives.call("--uninstall")
    assert status == 0
    assert f"{site_file} still names the real spark-submit" in said
    assert alternatives.link.resolve() == alternatives.real
    assert not alternatives.shim.exists()
    assert gateway.submit().stdout == "<job.py>\n<a b>\n<>\n"
    assert "nothing to do" in alternatives.call("--uninstall")[1]


def test_the_alternatives_of_red_hat_are_understood_too(alternatives):
    # its answers; the sentences are those of `displayService` in chkconfig's alternatives.c
    start, real, *_ = alternatives.program.read_text().split("\n")
    edits = [r"1s/ - \(.*\) mode/ - status is \1./", "/link best/d", "/link [^ ]* is/d", "s/^  link/ link/"]
    edits.append("s/ - priority/ - family spark priority/")
    shown = real.removeprefix("exec ") + " | sed " + " ".join(f"-e '{edit}'" for edit in edits)
    alternatives.program.write_text(f'{start}\nif [ "$1" = --display ]; then {shown}; exit; fi\n{real}\n')
    assert "registered" in alternatives.call()[1]
    assert alternatives.gateway.is_placed()
    assert "nothing to do" in alternatives.call()[1]
    assert "removed" in alternatives.call("--uninstall")[1]
    assert alternatives.link.resolve() == alternatives.real
    alternatives.system("--set", "spark-submit", alternatives.real)
    assert "chosen by hand" in alternatives.call()[2]


def test_a_dry_run_registers_nothing(alternatives):
    assert "would be registered" in alternatives.call("--dry-run")[1]
    assert alternatives.link.resolve() == alternatives.real
    assert not alternatives.shim.exists()
    assert not (alternatives.gateway.policy / "site.yaml").exists()


def test_a_better_alternative_that_came_later_is_wrapped_in_its_turn(alternatives):
    alternatives.call()
    newer = alternatives.gateway.real("newer-submit")
    alternatives.system("--install", alternatives.link, "spark-submit", newer, "5000")
    assert "registered" in alternatives.call()[1]
    assert alternatives.link.resolve() == alternatives.shim


def test_a_real_command_that_went_with_an_upgrade_is_named_anew(alternatives):
    alternatives.call()
    newer = alternatives.gateway.real("newer-submit")
    alternatives.system("--install", alternatives.link, "spark-submit", newer, "10")
    alternatives.real.unlink()
    status, said, _ = alternatives.call()
    assert status == 0
    assert "real commands written there: spark-submit" in said
    assert f"spark-submit: {newer}\n" in (alternatives.gateway.policy / "site.yaml").read_text()
    assert alternatives.gateway.is_placed()


def test_a_choice_by_hand_is_not_touched(alternatives):
    alternatives.system("--set", "spark-submit", alternatives.real)
    status, _, error = alternatives.call()
    assert status == 78
    assert "error[alternatives]" in error
    assert "update-alternatives --auto spark-submit" in error
    assert not alternatives.shim.exists()


@pytest.mark.parametrize("target", ["links/spark-submit", "bin/spark-submit"])
def test_a_link_that_the_system_does_not_manage_is_not_touched(alternatives, tmp_path, target):
    mine = tmp_path / "mine"
    mine.mkdir()
    (tmp_path / "bin" / "spark-submit").unlink()
    (tmp_path / "bin" / "spark-submit").symlink_to(alternatives.gateway.bin / "hadoop")
    (mine / "spark-submit").symlink_to(tmp_path / target)
    before = everything(alternatives.bin)
    alternatives.bin = mine
    status, _, error = alternatives.call("spark-submit")
    assert status == 78
    assert f"{mine}/spark-submit: error[foreign-file]" in error
    assert everything(tmp_path / "usr") == before
    assert not alternatives.shim.exists()


def test_the_folder_may_be_named_by_another_path(alternatives, tmp_path):
    link, alternatives.bin = alternatives.bin, tmp_path / "merged"
    alternatives.bin.symlink_to(link)
    assert f"(alternatives of {link}/spark-submit)" in alternatives.call()[1]
    assert alternatives.gateway.is_placed()
    assert "removed" in alternatives.call("--uninstall")[1]
    assert alternatives.link.resolve() == alternatives.real


def test_an_alternative_that_others_follow_is_not_touched(alternatives, tmp_path):
    page = tmp_path / "page"
    page.write_text("")
    follower = ("--slave", tmp_path / "page.1", "page.1", page)
    alternatives.system("--install", alternatives.link, "spark-submit", alternatives.real, "10", *follower)
    status, _, error = alternatives.call()
    assert status == 78
    assert "error[alternatives]" in error
    assert alternatives.link.resolve() == alternatives.real


def test_without_a_place_for_the_real_command_nothing_is_hidden(alternatives):
    alternatives.gateway.site("{scheduler: fair}\n")
    status, _, error = alternatives.call()
    assert status == 78
    assert "error[site-unedited]" in error
    assert f"spark-submit: {alternatives.real}" in error
    assert alternatives.link.resolve() == alternatives.real


def test_a_program_that_fails_is_said_and_the_command_goes_on(alternatives):
    text = alternatives.program.read_text()
    alternatives.program.write_text(text.replace("\n", "\ncase $* in *--install*) echo no >&2; exit 2;; esac\n", 1))
    status, _, error = alternatives.call()
    assert status == 78
    assert "error[alternatives]" in error
    assert "failed: no" in error
    assert alternatives.link.resolve() == alternatives.real
    assert alternatives.gateway.submit().returncode == 3
