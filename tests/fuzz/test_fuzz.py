"""A short run of the fuzzers, the same each time; the long one is `make fuzz`."""

import pytest

from tests.fuzz import fuzz_policy


def test_damaged_maps_and_indexes_give_clean_errors(capsys):
    assert fuzz_policy.main(runs=4_000, seed=0) == 0
    assert "clean errors only" in capsys.readouterr().out


def test_a_fault_is_told_with_its_input(capsys, monkeypatch):
    def fail(_source):
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz_policy, "_map", fail)
    with pytest.raises(ZeroDivisionError):
        fuzz_policy.main(runs=2, seed=5)
    assert "fuzz: run 1 of seed 5: b'" in capsys.readouterr().out
