"""The units for systemd, judged by systemd."""

import re
import shutil
import subprocess
import sys

import pytest

from placement.agent.server import BACKLOG
from placement.agent.socket_file import MODE
from tests.conftest import ROOT

UNITS = ROOT / "templates" / "systemd"


@pytest.fixture
def service(tmp_path):
    """The units for an account and a program of this machine."""
    for unit in UNITS.iterdir():
        shutil.copy(unit, tmp_path)
    file = tmp_path / "placement-agent.service"
    text = (
        file.read_text()
        .replace("=placement agent", f"={sys.executable} agent")
        .replace("User=placement", "User=daemon")
    )
    file.write_text(text)
    return file


def analyze(*arguments):
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_systemd_understands_every_line(service):
    done = analyze("verify", service, service.with_suffix(".socket"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_finds_it_well_confined(service):
    done = analyze("security", "--offline=true", "--threshold=16", service)  # 1.6 of 10
    assert done.returncode == 0, done.stdout


def test_units_and_code_say_the_same():
    text = (UNITS / "placement-agent.socket").read_text()
    assert re.findall(r"^(?:SocketMode|Backlog)=(.*)", text, re.MULTILINE) == [f"{MODE:04o}", str(BACKLOG)]
