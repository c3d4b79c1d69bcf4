"""Who runs this: can the account and its groups be looked up as site.yaml says, and how quickly?"""

import time
from collections.abc import Iterator, Mapping

from placement.errors import PlacementError, Problem, quoted
from placement.identity import identify
from placement.policy import Site

SLOW_MS = 100  # beside the start of Spark not much, but each command of everybody waits for it


def findings(site: Site, environ: Mapping[str, str]) -> Iterator[Problem]:
    """`account`, `name-service`, `groups-slow`, `no-groups-of-account`."""
    began = time.monotonic()
    try:
        found = identify(site, environ)
    except PlacementError as error:
        yield from error.problems
        return
    took_ms = (time.monotonic() - began) * 1000
    groups = ", ".join(map(quoted, found.groups)) or "none"
    message = f"{quoted(found.user)} ({found.how}), groups {groups}, by `groups: {site.groups}` in {took_ms:.1f} ms"
    yield Problem("account", message, severity="note")
    if took_ms > SLOW_MS:
        message = f"looking the groups up took {took_ms:.0f} ms, which every command waits for"
        remedy = "have a cache answer (sssd, nscd), or give `groups: {static: FILE}` in site.yaml"
        yield Problem("groups-slow", message, remedy=remedy, severity="warning")
    if not found.groups:
        message = f"{quoted(found.user)} is in no group, so rules for groups match nothing"
        remedy = "see whether `id` shows groups, and whether `groups` in site.yaml names the right source"
        yield Problem("no-groups-of-account", message, remedy=remedy, severity="warning")
