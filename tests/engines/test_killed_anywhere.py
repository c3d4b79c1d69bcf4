"""What tests/cluster/test_apply_killed.py leaves out: really every instant, and a ResourceManager that dies."""

import pytest

from tests.cluster.test_apply_killed import (  # noqa: F401 # fixtures
    Walk,
    clusters,
    fair,
    file,
    mutable,
    put_numbers,
    refreshes,
    renaming,
)
from tests.cluster.walking import instants


@pytest.mark.parametrize("kind", ["mutable", "file"])
def test_every_instant(request: pytest.FixtureRequest, kind: str) -> None:
    walk = request.getfixturevalue(kind)
    walk.take("apply", instants(walk.journals["apply"], every=True))
    walk.goes("apply")
    walk.take("rollback", instants(walk.journals["rollback"], every=True))
    print(walk.table())


@pytest.mark.parametrize("kind", ["mutable", "file", "fair"])
def test_a_resource_manager_that_dies_before_it_takes_it_up(request: pytest.FixtureRequest, kind: str) -> None:
    """What it keeps itself is gone with it; a file is put back for the one that starts next."""
    walk = request.getfixturevalue(kind)
    walker, journal = walk.walker, walk.journals["apply"]
    numbers = {"mutable": put_numbers, "file": lambda found: [refreshes(found)[-1][0] - 1], "fair": None}[kind]
    number = renaming(journal) if numbers is None else numbers(journal)[-1]
    with walker.held("apply", "--yes", number=number):
        walker.yarn.stop_resource_manager()
    done = walker.end()
    assert done.status == 3
    assert "rm-unreachable" in done.err
    assert ("the file is as it was" in done.err) == (kind != "mutable")
    if kind != "mutable":
        assert walk.told() == "old"
    walker.yarn.start_resource_manager()
    assert (walk.told(), walk.shown()) == ("old", "old")
    plan = walker.does("plan")
    assert plan.status == 2
    assert "failed, and could not be taken back: what was in force before it is in force" in plan.err
    walk.reaches("apply", "new")
