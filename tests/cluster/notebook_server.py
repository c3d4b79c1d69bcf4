"""A real Jupyter server of a user of the test cluster, and its kernels, driven through REST and websocket."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from websocket import WebSocket, WebSocketTimeoutException, create_connection

TOKEN = "told"
START_S, CELL_S = 60.0, 180.0
JUPYTER = Path(sys.executable).with_name("jupyter")


class NotebookServer:
    """`jupyter KIND` with `environ` as its whole environment, up inside its `with` block; notebooks are in `folder`."""

    def __init__(self, folder: Path, environ: Mapping[str, str], kind: str = "lab", *options: str) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        self.environ = {**environ, **own, "IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}
        who = "KernelGatewayApp.auth_token" if kind == "kernelgateway" else "ServerApp.token"
        app = who.partition(".")[0]
        self.command = [
            str(JUPYTER), kind, f"--{app}.ip=127.0.0.1", f"--{app}.port={self.port}", f"--{who}={TOKEN}", *options,
        ]  # fmt: skip
        if kind != "kernelgateway":
            self.command += ["--no-browser", "--allow-root", f"--ServerApp.root_dir={self.notebooks}"]
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"token {TOKEN}"
        self._http.trust_env = False

    def __enter__(self) -> "NotebookServer":
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environ, cwd=self.notebooks, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until_s = time.monotonic() + START_S
        while True:
            with contextlib.suppress(requests.RequestException):
                if self._http.get(f"{self.url}/api/kernelspecs", timeout=5).ok:
                    return self
            if time.monotonic() > until_s or self.process.poll() is not None:
                self.stop()
                raise AssertionError(self.log.read_text())
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(requests.RequestException):
                listed = self.ask("GET", "kernels")
                for each in listed.json() if listed.ok else ():  # a gateway tells nobody
                    self.ask("DELETE", f"kernels/{each['id']}")
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def ask(self, method: str, path: str, /, **body: Any) -> requests.Response:
        return self._http.request(method, f"{self.url}/api/{path}", json=body or None, timeout=CELL_S)

    def session(self, kernel: str, path: str = "n.ipynb") -> requests.Response:
        """What JupyterLab asks when a notebook is opened."""
        asked = {"kernel": {"name": kernel}, "name": path, "path": path, "type": "notebook"}
        return self.ask("POST", "sessions", **asked)

    @contextlib.contextmanager
    def kernel(self, name: str, path: str = "n.ipynb") -> Iterator["Kernel"]:
        """A running kernel, shut down at the end."""
        answer = self.session(name, path)
        assert answer.status_code == 201, answer.text
        with Kernel(self, answer.json()["kernel"]["id"]) as kernel:
            try:
                yield kernel
            finally:
                self.ask("DELETE", f"kernels/{kernel.id}")


class Kernel:
    """A kernel that runs, through its websocket."""

    def __init__(self, server: NotebookServer, kernel_id: str) -> None:
        self.server, self.id = server, kernel_id
        self._socket: WebSocket | None = None

    def __enter__(self) -> "Kernel":
        address = f"{self.server.url.replace('http', 'ws')}/api/kernels/{self.id}/channels?token={TOKEN}"
        self._socket = create_connection(address, timeout=CELL_S)
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def begin(self, code: str) -> str:
        """Has a cell run; the id that its outputs carry."""
        message_id = uuid.uuid4().hex
        header = {"msg_id": message_id, "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(message | {"buffers": []}))
        return message_id

    def messages(self, message_id: str, within_s: float = CELL_S) -> Iterator[dict[str, Any]]:
        """What comes for a cell, until it is done."""
        until_s = time.monotonic() + within_s
        while True:
            self._socket.settimeout(max(until_s - time.monotonic(), 0.01))
            try:
                message = json.loads(self._socket.recv())
            except WebSocketTimeoutException as error:
                raise AssertionError(f"the cell is not done within {within_s} s") from error
            if message["parent_header"].get("msg_id") != message_id:
                continue
            yield message
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return

    def run(self, code: str, within_s: float = CELL_S) -> str:
        """The text that a cell shows, its streams, values and errors."""
        return self.shown(self.begin(code), within_s)

    def shown(self, message_id: str, within_s: float = CELL_S) -> str:
        """The same of a cell that was begun."""
        return "".join(map(words, self.messages(message_id, within_s)))

    def ask(self, action: str) -> requests.Response:
        return self.server.ask("POST", f"kernels/{self.id}/{action}")


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def words(message: Mapping[str, Any]) -> str:
    content = message["content"]
    if message["msg_type"] == "stream":
        return str(content["text"])
    if message["msg_type"] in ("execute_result", "display_data"):
        return str(content["data"].get("text/plain", "")) + "\n"
    if message["msg_type"] == "error":
        return f"{content['ename']}: {content['evalue']}\n"
    return ""


def children(pid: int) -> list[str]:
    """The command lines of all processes below `pid`."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return [" ".join(each.cmdline()) for each in psutil.Process(pid).children(recursive=True)]
    return []
