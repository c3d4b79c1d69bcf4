"""Databases to learn in."""

import pytest

from placement.store.engine import open_engine


@pytest.fixture
def opened(tmp_path):
    """`opened(name)`: an engine on a file, closed at the end."""
    engines = []

    def call(name="ledger.db"):
        engines.append(open_engine(str(tmp_path / name)))
        return engines[-1]

    yield call
    for engine in engines:
        engine.dispose()
