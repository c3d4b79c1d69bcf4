"""A snapshot as a file: published by who asks the ResourceManager, read by all others. Adapter."""

import os
from collections.abc import Collection

import msgspec

from placement import collector, whole_file
from placement.admission.snapshot import Snapshot
from placement.errors import Place, PlacementError, Problem
from placement.files import trusted_bytes
from placement.rules.index import fingerprint

VERSION = 1
TRIES = 5


class _Published(msgspec.Struct):
    v: int
    snapshot: Snapshot


class _Version(msgspec.Struct):
    v: int


def write(path: str, snapshot: Snapshot) -> None:
    """Publishes it: whoever looks sees this one or the one before. Raises PlacementError `unwritable`."""
    with collector.paused():
        content = msgspec.json.encode({"v": VERSION, "snapshot": snapshot.as_data()})
    whole_file.write(path, content)


def read(path: str, owners: Collection[int] = ()) -> Snapshot | None:
    """The snapshot that was published last, None if there is none; its age is told by `taken_s`.

    It must belong to root, to this account or to one of `owners`, user ids. Raises PlacementError `snapshot-owner`,
    `bad-snapshot` for what is none, or of another version, and as `trusted_bytes` does.
    """
    content = _owned_bytes(path, {0, os.geteuid(), *owners})
    if content is None:
        return None
    try:
        if (version := msgspec.json.decode(content, type=_Version).v) != VERSION:
            raise _bad(path, f"its version is {version}, this release reads {VERSION}")
        with collector.paused():
            return msgspec.json.decode(content, type=_Published).snapshot
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _bad(path, str(error)) from error


def _owned_bytes(path: str, owners: Collection[int]) -> bytes | None:
    """The content of a file of one of `owners`, None if there is none."""
    for _ in range(TRIES):
        content, seen = trusted_bytes(path)
        if content is None:
            return None
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        if fingerprint(status) == seen:  # else it is another file by now
            if status.st_uid not in owners:
                message = f"this snapshot belongs to user id {status.st_uid}, who does not publish here"
                raise PlacementError(Problem("snapshot-owner", message, Place(path), f"delete it: rm {path}"))
            return content
    raise _bad(path, "it is replaced faster than it can be read")


def _bad(path: str, why: str) -> PlacementError:
    message = f"this is no snapshot of a cluster: {why}"
    return PlacementError(Problem("bad-snapshot", message, Place(path), "delete it: it is written anew"))
