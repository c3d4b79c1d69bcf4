"""What the tests of the client share."""

import pytest

from placement.yarn import client


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(client, "PAUSE_S", 0.0)
