"""Metrics as Prometheus reads them, and the two pages."""

import asyncio
import socket
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from placement.agent import metrics as counted
from placement.agent import web as pages
from placement.agent.metrics import Metrics
from placement.agent.web import Web
from placement.errors import PlacementError
from tests import tools


@pytest.fixture
def metrics():
    return Metrics(lambda: 1000.0)


def samples(metrics):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def used(metrics):
    """All of it has been told something."""
    metrics.decided("run")
    metrics.decided("reject", "too-large")
    metrics.queues({"root.a": 3, 'root."b\n': 1}, {"root.c": 2})
    metrics.waited(90, "run")
    metrics.waited(7200, "gone")
    metrics.snapshot(997.5)
    metrics.answered(0.2)
    metrics.unanswered("resource-manager-away")
    metrics.landed_elsewhere()
    metrics.promised(True)
    metrics.promised(False)
    metrics.connected(7)
    metrics.refused("too-many")
    metrics.learned(5, 12)
    metrics.not_learned("rm-away")
    metrics.estimates(940.0)
    return metrics


def test_what_is_counted_can_be_read(metrics):
    found = samples(used(metrics))
    assert found["placement_decisions_total", "run", ""] == 1
    assert found["placement_decisions_total", "reject", "too-large"] == 1
    assert found["placement_waiting_submissions", "root.a"] == 3
    assert found["placement_waiting_submissions", 'root."b\n'] == 1
    assert found["placement_reserved_submissions", "root.c"] == 2
    assert found["placement_wait_seconds_bucket", "60.0", "run"] == 0
    assert found["placement_wait_seconds_bucket", "300.0", "run"] == 1
    assert found["placement_wait_seconds_sum", "gone"] == 7200
    assert found["placement_snapshot_age_seconds",] == 2.5
    assert found["placement_resource_manager_request_seconds_count",] == 1
    assert found["placement_resource_manager_failures_total", "resource-manager-away"] == 1
    assert found["placement_landed_elsewhere_total",] == 1
    assert (found["placement_promises_total",], found["placement_promises_kept_total",]) == (2, 1)
    assert found["placement_connected_clients",] == 7
    assert found["placement_refused_clients_total", "too-many"] == 1
    assert (found["placement_runs_learned_total",], found["placement_estimates_keys",]) == (5, 12)
    assert found["placement_learning_failures_total", "rm-away"] == 1
    assert found["placement_estimates_age_seconds",] == 60
    assert found["process_open_fds",] > 0


@pytest.mark.parametrize("is_used", [True, False])
def test_promtool_has_nothing_to_say(metrics, is_used):
    text = used(metrics).text() if is_used else metrics.text()
    done = subprocess.run(
        [tools.promtool(), "check", "metrics"], input=text, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_cluster_never_seen_is_infinitely_old(metrics):
    assert samples(metrics)["placement_snapshot_age_seconds",] == float("inf")
    assert samples(metrics)["placement_estimates_age_seconds",] == float("inf")


def test_a_queue_that_has_emptied_is_no_longer_there(metrics):
    metrics.queues({"root.a": 1}, {})
    metrics.queues({"root.b": 1}, {})
    names = [key for key in samples(metrics) if key[0] == "placement_waiting_submissions"]
    assert names == [("placement_waiting_submissions", "root.b")]


def test_a_queue_for_every_user_does_not_flood_prometheus(metrics):
    metrics.queues({f"root.users.u{number}": 1 + (number == 999) for number in range(1000)}, {})
    found = {key[1]: value for key, value in samples(metrics).items() if key[0] == "placement_waiting_submissions"}
    assert len(found) == counted.QUEUES_MOST + 1
    assert found["root.users.u999"] == 2  # the largest have their names
    assert sum(found.values()) == 1001


# The pages


def fetched(metrics, request, health=lambda: None, then=id):
    """The response; `then` is called with the socket once the request is sent."""

    def ask(address):
        with socket.create_connection(address) as there:
            there.settimeout(30)
            there.sendall(request)
            then(there)
            return b"".join(iter(lambda: there.recv(65536), b"")).decode()

    async def serve():
        web = Web(metrics, health)
        address = await web.open("127.0.0.1", 0)
        try:
            return await asyncio.to_thread(ask, address)
        finally:
            await web.close()

    return asyncio.run(serve())


def test_metrics_are_a_page(metrics):
    found = fetched(metrics, b"GET /metrics?x=1 HTTP/1.1\r\nHost: here\r\n\r\n")
    head, _, body = found.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=")
    assert f"Content-Length: {len(body)}" in head
    assert "placement_agent_info{" in body


def test_health_is_a_page_that_says_what_is_wrong(metrics):
    request = b"GET /healthz HTTP/1.0\r\n\r\n"
    assert fetched(metrics, request).endswith("\r\n\r\nok\n")
    found = fetched(metrics, request, lambda: "the cluster was last seen 90 s ago")
    assert found.startswith("HTTP/1.1 503 Service Unavailable\r\n")
    assert found.endswith("\r\n\r\nthe cluster was last seen 90 s ago\n")


def test_head_has_no_body(metrics):
    found = fetched(metrics, b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert found.startswith("HTTP/1.1 200 OK\r\n")
    assert found.endswith("Content-Length: 3\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "405"),
        (b"\x00\xff\r\n\r\n", "400"),
        (b"GET\r\n\r\n", "400"),
    ],
)
def test_whatever_else_is_asked_has_its_status(metrics, request_, status):
    assert fetched(metrics, request_).startswith(f"HTTP/1.1 {status} ")


def test_a_request_without_end_is_cut(metrics, monkeypatch):
    monkeypatch.setattr(pages, "REQUEST_S", 0.1)
    assert not fetched(metrics, b"GET /metrics HTTP/1.1\r\n")
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        fetched(metrics, b"GET ", then=lambda there: there.sendall(b"x" * 2**26))


def test_an_address_that_cannot_be_had_is_a_problem(metrics):
    async def listen(host, port):
        await Web(metrics, lambda: None).open(host, port)

    for host, port in (("192.0.2.1", 9), ("127.0.0.1", 99_999), ("no such host", 80)):
        with pytest.raises(PlacementError) as raised:
            asyncio.run(listen(host, port))
        assert raised.value.problems[0].code == "metrics-address"
