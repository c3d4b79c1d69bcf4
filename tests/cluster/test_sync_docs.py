"""docs/sync.md says what its commands print."""

from tests.cluster.sync_docs import PAGE, Reader


def test_every_command_prints_what_stands_there(fair_yarn, tmp_path):
    assert Reader(fair_yarn, tmp_path).page(PAGE.read_text()) == PAGE.read_text()
