"""A real JupyterHub whose spawner starts servers as other accounts: each kernel is decided on for its own user."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import requests

from tests.cluster.notebook_server import free_port

TOKEN = "0123456789abcdef0123456789abcdef"
USERS, UNRULED = {"daemon": "root.a", "bin": "root.b"}, "games"  # accounts of every Debian
KERNEL = (
    '(id -un; echo "$PYSPARK_SUBMIT_ARGS") > "$KERNEL_TOLD.new"; mv "$KERNEL_TOLD.new" "$KERNEL_TOLD"; exec sleep 60'
)
# The hub without its proxy, which is a program for Node.js: we talk to the servers themselves.
CONFIG = """
import json
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    routes = {}

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}
        with open("routes.json", "w") as file:
            json.dump(self.routes, file)

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes

def environment(name):
    return lambda spawner: f"{FOLDER}/{spawner.user.name}/{name}"

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORTS[0]}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORTS[1]}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [PYTHON, "-m", "jupyterhub.singleuser"]
c.Spawner.notebook_dir = FOLDER + "/{username}"
own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "KERNEL_TOLD")
c.Spawner.environment = {
    **{name: environment(name) for name in own}, "JUPYTER_PATH": FOLDER, "PLACEMENT_POLICY": FOLDER + "/policy",
}
c.JupyterHub.services = [{"name": "test", "api_token": TOKEN}]
c.JupyterHub.load_roles = [
    {"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
"""


@pytest.fixture(scope="module")
def folder():
    """One that other accounts can enter, with a policy and a kernelspec."""
    if os.geteuid() != 0:
        pytest.skip("only root starts servers as others")
    try:
        subprocess.run([sys.executable, "-c", "import placement"], user=UNRULED, check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"other accounts cannot run {sys.executable}")
    found = Path(tempfile.mkdtemp(prefix="jupyterhub-"))
    found.chmod(0o755)
    policy, spec = found / "policy", found / "kernels" / "k"
    policy.mkdir(mode=0o755)
    spec.mkdir(parents=True)
    (policy / "map.txt").write_text("".join(f"{user}: {queue}\n" for user, queue in USERS.items()))
    (spec / "kernel.json").write_text(
        json.dumps(
            {
                "argv": ["/bin/sh", "-c", KERNEL, "sh", "{connection_file}"],
                "display_name": "k",
                "language": "sh",
                "env": {"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"},
                "metadata": {"kernel_provisioner": {"provisioner_name": "placement"}},
            }
        )
    )
    for user in (*USERS, UNRULED):
        (found / user).mkdir()
        shutil.chown(found / user, user)
    yield found
    shutil.rmtree(found)


@pytest.fixture(scope="module")
def hub(folder):
    """`hub(method, path)` asks the hub's API; the servers that it started end with it."""
    ports = free_port(), free_port()
    names = f"FOLDER, PORTS, PYTHON, TOKEN = {str(folder)!r}, {ports}, {sys.executable!r}, {TOKEN!r}\n"
    (folder / "jupyterhub_config.py").write_text(names + CONFIG)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "jupyterhub"], cwd=folder, stdout=log, stderr=log)
    try:
        found = Hub(f"http://127.0.0.1:{ports[1]}/hub/api", folder)
        found.until(lambda: process.poll() is not None or found.ask("GET", "").ok)
        yield found
    finally:
        process.terminate()
        process.wait(60)
        print((folder / "log").read_text())  # shown where a test failed


class Hub:
    def __init__(self, url, folder) -> None:
        self.url, self.folder = url, folder

    def ask(self, method, path, url=None, **body):
        headers = {"Authorization": f"token {TOKEN}"}
        return requests.request(method, f"{url or self.url}/{path}", json=body or None, headers=headers, timeout=60)

    def until(self, is_so, within_s=90.0):
        until_s = time.monotonic() + within_s
        while True:
            try:
                if is_so():
                    return
            except requests.ConnectionError:
                pass
            assert time.monotonic() < until_s
            time.sleep(0.2)

    def server(self, user):
        """The address of the server that the hub starts for `user`."""
        assert self.ask("POST", f"users/{user}").status_code == 201
        assert self.ask("POST", f"users/{user}/server").status_code in (201, 202)
        self.until(lambda: self.ask("GET", f"users/{user}").json()["server"])
        routes = json.loads((self.folder / "routes.json").read_text())
        return f"{routes[f'/user/{user}/']['target']}/user/{user}"


def test_each_users_kernels_are_decided_on_for_that_user(hub):
    for user, queue in USERS.items():
        url = hub.server(user)
        answer = hub.ask("POST", "api/kernels", url, name="k")
        assert answer.status_code == 201, answer.text
        told = hub.folder / user / "KERNEL_TOLD"
        hub.until(told.exists)
        account, arguments = told.read_text().splitlines()
        assert account == user
        assert f"--queue {queue} --conf spark.yarn.tags=placement:" in arguments
        assert hub.ask("DELETE", f"api/kernels/{answer.json()['id']}", url).status_code == 204
        assert hub.ask("DELETE", f"users/{user}/server").status_code in (202, 204)


def test_a_user_without_a_rule_is_told_so(hub):
    answer = hub.ask("POST", "api/kernels", hub.server(UNRULED), name="k")
    assert answer.status_code == 403
    assert f"is for `{UNRULED}`" in " ".join(answer.json()["message"].split())
    assert hub.ask("DELETE", f"users/{UNRULED}/server").status_code in (202, 204)
