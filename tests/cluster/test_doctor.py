"""`placement doctor` on a gateway of a real ResourceManager."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def cluster_findings(yarn, policy):
    """What is found about the cluster, with a ready-made policy: {code: messages}."""
    command = [sys.executable, "-c", "from placement.cli import main; main()", "doctor", "--json", "--policy", policy]
    environ = {"PATH": os.defpath, "HADOOP_CONF_DIR": str(yarn.conf_dir)}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    found = {}
    for each in json.loads(done.stdout):
        found.setdefault(each["code"], []).append(each["message"])
    codes = ("scheduler-differs", "queue-not-on-cluster", "bad-hadoop-conf", "hadoop-configuration")
    return {code: words for code, words in found.items() if code in codes or code.startswith(("rm-", "no-"))}


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_a_ready_made_policy_fits_the_cluster_of_its_templates(request, scheduler, tmp_path):
    yarn = request.getfixturevalue(f"{scheduler}_yarn")
    policy = tmp_path / "policy"
    policy.mkdir()
    ready = ROOT / "policies" / ("pnda" if scheduler == "fair" else "pnda-capacity")
    (policy / "map.txt").write_text((ready / "map.txt").read_text())
    (policy / "site.yaml").write_text(f"scheduler: {scheduler}\n")
    assert set(cluster_findings(yarn, policy)) <= {"no-index"}
    with (policy / "map.txt").open("a") as file:
        file.write("* root.nowhere\n* root.applications\n")
    assert len(cluster_findings(yarn, policy)["queue-not-on-cluster"]) == 2
    (policy / "site.yaml").write_text(f"scheduler: {'fair' if scheduler == 'capacity' else 'capacity'}\n")
    assert f"`{scheduler}Scheduler`" in cluster_findings(yarn, policy)["scheduler-differs"][0]
