"""What all tests share: expected outputs in tests/data, rewritten by `make expected`."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
EXPECTED = ROOT / "tests" / "data"

# In the background of a script Ctrl-C is ignored, and whatever is started there would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


# How long an example takes is nothing that a test is about, and depends on who else uses the machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What may land does not hang on luck; whoever runs the tests by hand looks for new examples each time.
settings.register_profile("repeatable", settings.get_profile("untimed"), derandomize=True, database=None)
settings.load_profile("repeatable" if os.environ.get("CI") else "untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-expected", action="store_true", help="rewrite the expected outputs in tests/data")


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`expect(name, text)`: the text is what tests/data/NAME holds."""

    def compare(name: str, text: str) -> None:
        file = EXPECTED / name
        if request.config.getoption("--write-expected"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        assert text == file.read_text(encoding="utf-8")

    return compare
