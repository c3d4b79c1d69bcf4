"""Which monitors there are: entry points of one group, and what monitors.yaml says of each. Adapter.

spark: {history-server: "http://history.example:18080"}
elasticsearch: off
"""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

from pydantic import BeforeValidator, RootModel, StrictStr

from placement import documents
from placement.errors import Place, PlacementError, Problem, nearest, quoted
from placement.files import join, trusted_bytes
from placement.monitors.base import CLUSTER, Cluster, Monitor
from placement.monitors.runner import Maker

GROUP = "placement.monitors"
FILE = "monitors.yaml"  # of a policy folder

Settings = Mapping[str, dict[str, Any] | None]  # None: off


def _off(said: Any) -> Any:
    """To YAML `off` is a truth value."""
    return None if said is False or said == "off" else said


class _File(RootModel[dict[StrictStr, Annotated[dict[str, Any] | None, BeforeValidator(_off)]]]):
    """Settings by the names of monitors."""


def settings(folder: str) -> Settings:
    """What monitors.yaml of the policy folder says; empty if there is no such file.

    Raises PlacementError with all its problems, or because it cannot be read or trusted.
    """
    path = join(folder, FILE)
    source, _ = trusted_bytes(path)
    return {} if source is None else documents.read(_File, source, path, "docs/monitors.md").root


def makers(said: Settings, cluster: Cluster, file: str = FILE) -> dict[str, Maker]:
    """How each installed monitor is made, by its name, but those that are off; nothing is imported yet.

    `file` is where `said` is from, for messages. Raises PlacementError `unknown-monitor` with what is not installed.
    """
    found: dict[str, list[EntryPoint]] = {}
    for each in entry_points(group=GROUP):
        found.setdefault(each.name, []).append(each)
    if unknown := sorted(said.keys() - found.keys()):
        raise PlacementError(*(_unknown(name, sorted(found), file) for name in unknown))
    return {
        name: partial(_made, found[name], {**(said.get(name) or {}), CLUSTER: _plain(cluster)})
        for name in sorted(found)
        if said.get(name, {}) is not None
    }


def _made(found: list[EntryPoint], given: dict[str, Any]) -> Monitor:
    if len({each.value for each in found}) > 1:
        values = ", ".join(quoted(each.value) for each in found)
        message = f"two monitors have the name {quoted(found[0].name)}: {values}"
        raise PlacementError(Problem("monitor-twice", message, remedy="remove one of their distributions"))
    monitor: Monitor = found[0].load()(given)
    return monitor


def _plain(cluster: Cluster) -> dict[str, Any]:
    """As a mapping that somebody else's monitor can read too."""
    return {
        "resource-managers": list(cluster.resource_managers),
        "user": cluster.user,
        "authentication": cluster.authentication,
        "counts-vcores": cluster.counts_vcores,
        "am-shares": dict(cluster.am_shares),
        "am-share": cluster.am_share,
    }


def _unknown(name: str, known: list[str], file: str) -> Problem:
    near = nearest(name, known)
    remedy = f"did you mean {quoted(near)}?" if near else f"installed are {', '.join(known) or 'none'}"
    return Problem("unknown-monitor", f"no monitor {quoted(name)} is installed", Place(file), remedy)
