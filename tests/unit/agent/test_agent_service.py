"""What keeps the agent from beginning is an error with a remedy."""

import socket

import pytest

from placement.agent import service
from placement.errors import PlacementError


def code_of(folder, said):
    (folder / "map.txt").write_text("* root.a\n")
    (folder / "site.yaml").write_text(f"resource-managers: ['http://127.0.0.1:9']\n{said}")
    with pytest.raises(PlacementError) as caught:
        service.run(str(folder), "placement", {})
    return caught.value.problems[0].code


def test_a_site_without_admission(tmp_path):
    assert code_of(tmp_path, "") == "admission-off"


def test_an_address_for_metrics_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = f"socket: {tmp_path}/agent.sock, database: {tmp_path}/ledger.sqlite"
        said = f"admission: {{{places}, metrics: '127.0.0.1:{taken.getsockname()[1]}'}}\n"
        assert code_of(tmp_path, said) == "metrics-address"


def test_a_folder_for_the_socket_that_is_not_there(tmp_path):
    said = f"admission: {{socket: {tmp_path}/no/agent.sock, database: {tmp_path}/ledger.sqlite}}\n"
    assert code_of(tmp_path, said) == "socket-unusable"
