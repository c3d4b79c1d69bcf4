"""What a wheel installs, in a fresh environment and from outside the checkout."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A fresh environment with the wheel of this checkout and its dependencies, as tested."""
    folder = tmp_path_factory.mktemp("wheel")
    tree, prefix = folder / "tree", folder / "prefix"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, os.fsdecode(listed).split("\0")):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-P", "--preserve=mode", ROOT / name, target], check=True)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, tree]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", prefix], check=True, timeout=300)
    pip = [prefix / "bin" / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(pip, check=True, timeout=300)
    return prefix


def run(prefix, *command, **environ):
    environ = {"PATH": f"{prefix}/share/yarn-placement/wrappers:/usr/bin:/bin", **environ}
    return subprocess.run(command, env=environ, cwd="/", capture_output=True, text=True, check=False, timeout=60)


def test_wrappers_policies_and_templates_are_there(prefix):
    share = prefix / "share" / "yarn-placement"
    for folder in ("wrappers", "policies", "templates"):
        ours = {
            file.relative_to(ROOT) for file in (ROOT / folder).rglob("*") if file.is_file() and file.name != "map.index"
        }
        there = {file.relative_to(share) for file in (share / folder).rglob("*") if file.is_file()}
        assert ours == there - {file for file in there if file.name == "map.index"}
    assert all(os.access(wrapper, os.X_OK) for wrapper in (share / "wrappers").iterdir())


def test_what_asks_about_a_kernel_is_there(prefix):
    (stand_in,) = prefix.glob("lib/python3*/site-packages/placement/jupyter/stand-in")
    assert run(prefix, stand_in, "a b", PLACEMENT_DECISION="id").stdout.split("\0") == ["id", "", "a b", ""]


def test_the_installed_policy_executable_answers_with_a_ready_made_policy(prefix):
    done = run(
        prefix, "policy", HADOOP_USER_NAME="pnda", PLACEMENT_POLICY=f"{prefix}/share/yarn-placement/policies/pnda"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "root.default\n", "")


def test_the_installed_wrapper_places(prefix, tmp_path):
    real = tmp_path / "spark-submit"
    real.write_text('#!/bin/sh\necho "$@"\n')
    real.chmod(0o755)
    environ = {"PLACEMENT_POLICY": f"{prefix}/share/yarn-placement/policies/pnda", "MASTER": "yarn"}
    path = f"{prefix}/share/yarn-placement/wrappers:{tmp_path}:/usr/bin:/bin"
    done = run(prefix, "spark-submit", "job.py", PATH=path, **environ)
    assert done.stdout.startswith("--queue root.default --conf spark.yarn.tags=placement:")


def test_the_installed_command_installs_wrappers_that_place(prefix, tmp_path):
    real = tmp_path / "spark-submit"
    real.write_text('#!/bin/sh\necho "$@"\n')
    real.chmod(0o755)
    wrappers = tmp_path / "wrappers"
    policy = f"{prefix}/share/yarn-placement/policies/pnda"
    environ = {"PATH": f"{wrappers}:{tmp_path}:/usr/bin:/bin", "PLACEMENT_POLICY": policy, "MASTER": "yarn"}
    done = run(prefix, prefix / "bin" / "placement", "install-wrappers", "--to", wrappers, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    done = run(prefix, "spark-submit", "job.py", **environ)
    assert done.stdout.startswith("--queue root.default --conf spark.yarn.tags=placement:")
    found = json.loads(run(prefix, prefix / "bin" / "placement", "doctor", "--json", **environ).stdout)
    assert {each["code"] for each in found} <= {"real-command", "account", "shim-private", "no-index", "no-hadoop-conf"}


def test_the_installed_command_checks_a_ready_made_policy(prefix):
    policy = f"{prefix}/share/yarn-placement/policies/pnda"
    done = run(prefix, prefix / "bin" / "placement", "check", policy)
    assert (done.returncode, done.stdout) == (0, f"{policy}: no errors, no warnings\n")
