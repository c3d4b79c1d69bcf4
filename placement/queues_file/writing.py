"""The queue tree as `queues.yaml`; reading it again gives the same tree."""

from typing import Any

import yaml

from placement.queues.amounts import Amount
from placement.queues.queue import (
    SCHEDULERS,
    Access,
    AutoCreate,
    Hierarchy,
    LabelShare,
    Limits,
    NodeLabels,
    Preemption,
    Queue,
    Quota,
    Settings,
)
from placement.units import TIME, in_units

WIDTH = 120


def as_yaml(hierarchy: Hierarchy) -> str:
    """The text of the file."""
    return yaml.dump(
        as_data(hierarchy), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None
    )


def as_data(hierarchy: Hierarchy) -> dict[str, Any]:
    """The tree as plain data, in the words of the file; what says nothing is left out."""
    root = _queue(hierarchy.root)
    children = root.pop("queues", [])
    del root["name"]
    return _said(
        {
            "roles": {name: _access(role) for name, role in hierarchy.roles.items()} or None,
            "defaults": settings(hierarchy.defaults) or None,
            "root": root or None,
            "queues": children or None,
        }
    )


def settings(said: Settings) -> dict[str, Any]:
    """The settings of one queue, or of those to be created, as plain data."""
    return _said(
        {
            "weight": _number(said.weight),
            "reserved": _amount(said.reserved),
            "maximum": _amount(said.maximum),
            "policy": said.policy,
            "max-running": said.max_running,
            "max-queued": said.max_queued,
            "max-am-share": _number(said.max_am_share),
            "preemption": _preemption(said.preemption),
            "submit": _access(said.submit),
            "admin": _access(said.admin),
            "per-user": _quota(said.per_user),
            "per-connection": _quota(said.per_connection),
            "node-labels": _node_labels(said.node_labels),
            **{name: said.extras[name] for name in SCHEDULERS if name in said.extras},
        }
    )


def _queue(queue: Queue) -> dict[str, Any]:
    said = {"name": queue.name, **settings(queue), "auto-create": _auto_create(queue.auto_create)}
    return _said({**said, "queues": [_queue(child) for child in queue.children] or None})


def _said(keys: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def _number(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value


def _amount(amount: Amount | None) -> str | dict[str, str | int] | None:
    return amount.as_data() if amount else None


def _access(access: Access | None) -> str | dict[str, list[str]] | None:
    if access is None or access.everybody:
        return "*" if access else None
    kinds = {"users": access.users, "groups": access.groups, "roles": access.roles}
    return {kind: list(names) for kind, names in kinds.items() if names}


def _preemption(said: Preemption | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return _said(
        {
            "allowed": said.allowed,
            "fair-share-timeout": _time(said.fair_share_timeout_s),
            "min-share-timeout": _time(said.min_share_timeout_s),
            "threshold": _number(said.threshold),
        }
    )


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else in_units(seconds, TIME)


def _limits(said: Limits) -> dict[str, Any]:
    return _said({"max-running": said.max_running, "max-queued": said.max_queued, "maximum": _amount(said.maximum)})


def _quota(said: Quota | None) -> dict[str, Any] | None:
    if said is None:
        return None
    exceptions = {name: _exception(limits) for name, limits in said.exceptions.items()}
    return {**_limits(said.default), **({"except": exceptions} if exceptions else {})}


def _exception(limits: Limits) -> int | dict[str, Any]:
    """The limits by which somebody is an exception; a mere number of applications as that."""
    is_number = limits.max_running is not None and limits == Limits(limits.max_running)
    return limits.max_running if is_number and limits.max_running is not None else _limits(limits)


def _label_share(said: LabelShare) -> dict[str, Any]:
    return _said(
        {
            "weight": _number(said.weight),
            "reserved": _amount(said.reserved),
            "maximum": _amount(said.maximum),
            "max-am-share": _number(said.max_am_share),
        }
    )


def _node_labels(said: NodeLabels | None) -> dict[str, Any] | None:
    if said is None:
        return None
    access = "*" if said.access == ("*",) else None if said.access is None else list(said.access)
    shares = {label: _label_share(share) for label, share in said.shares.items()}
    return _said({"access": access, "default": said.default, "shares": shares or None})


def _auto_create(said: AutoCreate | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return _said(
        {
            "max-queues": said.max_queues,
            "max-depth": said.max_depth,
            "template": settings(said.template) or None,
            "leaf": settings(said.leaf) or None,
            "parent": settings(said.parent) or None,
        }
    )


_Fastest: Any = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


class _Dumper(_Fastest):  # type: ignore[misc]
    """Writes each value where it stands, with no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
