"""The notebooks' tests once more, with the oldest jupyter_client that setup.cfg lets be installed."""

import os
import subprocess
import sys

from tests.conftest import ROOT
from tests.engines.parts import OLDEST_CLIENT, oldest_client

WHICH = "import jupyter_client; print(jupyter_client.__version__)"


def ran(*arguments):
    environ = os.environ | {"PYTHONPATH": str(oldest_client())}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


def test_it_is_the_oldest_that_may_be_installed():
    assert f"jupyter_client>={OLDEST_CLIENT}" in (ROOT / "setup.cfg").read_text()
    assert ran("-c", WHICH).stdout.strip() == OLDEST_CLIENT


def test_kernels_are_placed_by_it_as_by_the_newest():
    done = ran("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/jupyter")
    assert done.returncode == 0, done.stdout
