"""Whose queue it is where a real Kernel Gateway starts kernels, in another process than the browser's server."""

import json
import os
import sys

import pytest

from tests.cluster.notebook_server import Kernel, NotebookServer

SHOW = "import os; print(os.environ['PYSPARK_SUBMIT_ARGS'])"
IN_NAME = "--master yarn --proxy-user ${KERNEL_USERNAME} pyspark-shell"


def spec(folder, name, env):
    there = folder / "kernels" / name
    there.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    stanza = {"kernel_provisioner": {"provisioner_name": "placement"}}
    (there / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": name, "language": "python", "env": env, "metadata": stanza})
    )


@pytest.fixture
def gateway(tmp_path):
    policy = tmp_path / "policy"
    policy.mkdir(mode=0o755)
    (policy / "map.txt").write_text("ann: root.a\nservice: root.s\n")
    (policy / "site.yaml").write_text("groups: {static: groups.yaml}\n")
    (policy / "groups.yaml").write_text("bob: [dev]\n")
    spec(tmp_path, "in-name", {"PYSPARK_SUBMIT_ARGS": IN_NAME})
    spec(tmp_path, "own", {"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell", "HADOOP_USER_NAME": "service"})
    environ = {
        "PATH": os.defpath, "HOME": str(tmp_path), "PLACEMENT_POLICY": str(policy), "JUPYTER_PATH": str(tmp_path),
    }  # fmt: skip
    with NotebookServer(tmp_path / "gateway", environ, "kernelgateway") as found:
        yield found


def test_whose_queue_it_is(gateway):
    """Whom the ResourceManager will see: the proxy user where the kernel submits in a name, else the gateway's."""
    for name, user, queue in (("in-name", "ann", "root.a"), ("own", "ann", "root.s"), ("own", "bob", "root.s")):
        answer = gateway.ask("POST", "kernels", name=name, env={"KERNEL_USERNAME": user})
        assert answer.status_code == 201, answer.text
        with Kernel(gateway, answer.json()["id"]) as kernel:
            assert f"--queue {queue} --conf spark.yarn.tags=placement:" in kernel.run(SHOW)
        gateway.ask("DELETE", f"kernels/{kernel.id}")
    refused = gateway.ask("POST", "kernels", name="in-name", env={"KERNEL_USERNAME": "bob"})
    assert refused.status_code == 403
    assert "is for `bob`" in " ".join(refused.json()["message"].split())


def test_a_refusal_reaches_the_browsers_server(gateway, tmp_path):
    environ = {"PATH": os.defpath, "HOME": str(tmp_path), "KERNEL_USERNAME": "bob"}
    options = [f"--gateway-url={gateway.url}", "--GatewayClient.auth_token=told"]
    with NotebookServer(tmp_path / "server", environ, "server", *options) as server:
        message = " ".join(server.session("in-name").json()["message"].split())
    assert "is for `bob` (groups: `dev`); ask its administrators for one" in message
