"""The clusters as fixtures: one at a time, for a small machine; started by the first test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.notebooks import Notebooks
from tests.cluster.yarn import ENDED, Yarn

_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests here, but those of parts.py and the long ones, and puts those on one scheduler together."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name != "test_parts.py" and not item.get_closest_marker("engines"):
            item.add_marker("cluster")
    items.sort(key=lambda item: item.name.endswith("[capacity]") or "capacity_yarn" in item.fixturenames)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keeps the cluster's directory when a test on it fails, and says in the report where it is."""
    report = yield
    holder = getattr(item, "funcargs", {}).get("_holder")
    if report.failed and holder is not None and holder.yarn is not None:
        holder.yarn.keep = True
        report.sections.append(("cluster", f"the logs are kept in {holder.yarn.logs}"))
    return report


class _Holder:
    """The one cluster that is up, if any."""

    yarn: Yarn | None = None

    def get(self, scheduler: str) -> Yarn:
        """A cluster with the scheduler file of templates/ in force and no application running."""
        if self.yarn is None or self.yarn.scheduler != scheduler:
            self.stop()
            yarn = Yarn(scheduler)
            self.yarn = yarn.__enter__()
            self.scheduler_text = yarn.scheduler_file.read_text()
        elif self.yarn.scheduler_file.read_text() != self.scheduler_text:
            self.yarn.scheduler_file.write_text(self.scheduler_text)
            self.yarn.restart_resource_manager()
        for left in self.yarn.applications():
            if left["state"] not in ENDED:
                self.yarn.kill(left["id"])
                self.yarn.wait(left["id"])
        return self.yarn

    def stop(self) -> None:
        if self.yarn is not None:
            self.yarn.stop()
            self.yarn = None


@pytest.fixture(scope="session")
def _holder() -> Iterator[_Holder]:
    holder = _Holder()
    yield holder
    holder.stop()


@pytest.fixture
def fair_yarn(_holder: _Holder) -> Yarn:
    """A running cluster with the fair scheduler, its queues those of templates/fair-scheduler.xml."""
    return _holder.get("fair")


@pytest.fixture
def capacity_yarn(_holder: _Holder) -> Yarn:
    """A running cluster with the capacity scheduler, its queues those of templates/capacity-scheduler.xml."""
    return _holder.get("capacity")


@pytest.fixture
def notebooks(fair_yarn: Yarn, tmp_path: Path) -> Iterator[Notebooks]:
    """Notebooks on that cluster."""
    found = Notebooks(fair_yarn, tmp_path)
    yield found
    found.stop()
