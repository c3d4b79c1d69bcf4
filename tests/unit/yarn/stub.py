"""A server on loopback that answers what a test wants, byte for byte."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest

from placement.errors import PlacementError


def answer(body, status="200 OK", sort="application/json", **headers):
    """The bytes of an HTTP answer; `body` is data, a text or bytes."""
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    said = {"Content-Type": sort, "Content-Length": len(content), "Connection": "close"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def standby(location=None):
    """What Hadoop 3.5's `RMWebAppFilter` answers, tried on a real one."""
    where = {"Location": location} if location else {"Refresh": "3;url=http://localhost/?next.refresh.interval=1"}
    return answer("This is standby RM.\n", "307 Temporary Redirect", "text/plain;charset=utf-8", **where)


class Stub:
    """`address` of the server; `asked` are the requests, as text; `behave` gives the pieces of the next answer.

    `behave` is what one gives (bytes), or a function of the request that gives or yields bytes.
    """

    def __init__(self, behave, listener):
        self.behave = behave
        self.asked = []
        self.ended = threading.Event()
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"

    @property
    def lines(self):
        """The first line of each request, without its method and version."""
        return [request.split(" ")[1] for request in self.asked]

    def serve(self, connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
            self.asked.append(request.decode())
            given = self.behave(self.asked[-1]) if callable(self.behave) else self.behave
            try:
                for piece in [given] if isinstance(given, bytes) else given:
                    connection.sendall(piece)
            except OSError:
                pass  # the client has had enough


@contextmanager
def serving(behave, port=0):
    with socket.create_server(("127.0.0.1", port)) as listener:
        stub = Stub(behave, listener)

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=stub.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield stub
        finally:
            stub.ended.set()
            listener.shutdown(socket.SHUT_RDWR)


def free_address():
    """An address of this machine where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"


def app(number=1, queue="root.a", user="alice", tags="", state="RUNNING", **more):
    """An application as the REST interface has it."""
    said = {"id": f"application_1700000000000_{number:04}", "user": user, "queue": queue, "state": state}
    return said | {"finalStatus": "UNDEFINED", "name": "n", "applicationTags": tags, "diagnostics": ""} | more


def code_of(ask):
    """Code and message of the one problem that `ask` raises."""
    with pytest.raises(PlacementError) as caught:
        ask()
    (problem,) = caught.value.problems
    return problem.code, problem.message
