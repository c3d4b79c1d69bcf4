"""Where a site's finished jobs are told of: the ResourceManager, event logs, history servers; and of its tables."""

import os
import stat
from collections.abc import Callable, Mapping
from typing import Any

from requests.auth import AuthBase

from placement import audit_file
from placement.observe.backfill import Backfill, History, Progress
from placement.observe.mapreduce import JobHistory
from placement.observe.spark_folder import SparkFolder
from placement.observe.spark_history import SparkHistory
from placement.observe.yarn import FinishedApplications
from placement.policy import KERBEROS, Estimates, Site
from placement.queues.names import FAIR
from placement.store.runs import Runs
from placement.yarn.client import simple, spnego
from placement.yarn.configuration import addresses
from placement.yarn.terms import Terms

SOURCE = "resource-manager"  # whose list the mark of the backfill is of: a database is of one cluster
TIMEOUT_S = 60.0
MIB = 2**20


def backfill(
    site: Site,
    estimates: Estimates,
    terms: Terms,
    runs: Runs,
    environ: Mapping[str, str],
    account: str,
    tell: Callable[[Progress], None],
) -> Backfill:
    """Who reads what finished on the cluster of `site`, asked as `account`; under Kerberos as the ticket says.

    Raises PlacementError `no-resource-manager`, `no-gssapi`, `no-event-logs`.
    """
    auth = spnego() if site.authentication == KERBEROS else simple(account)
    finished = FinishedApplications(site.resource_managers or addresses(environ), TIMEOUT_S, auth)
    step, least = increment(site, terms), terms.minimum.memory_mib * MIB

    def given(size: float) -> float:
        return -(-max(size, least) // step) * step

    return Backfill(SOURCE, finished, histories(estimates, auth), runs, asked(site), given, tell)


def increment(site: Site, terms: Terms) -> int:
    """Bytes that containers are given in whole multiples of.

    Sources: Hadoop `FairScheduler.getNormalizedResource`, `CapacityScheduler.getMinimumAllocation`.
    """
    return max((terms.increment if site.scheduler == FAIR else terms.minimum).memory_mib, 1) * MIB


def histories(estimates: Estimates, auth: AuthBase) -> dict[str, list[History]]:
    """Who tells of the jobs of each kind: event logs before a history server, as they tell more."""
    spark: list[History] = [SparkFolder(folder) for folder in estimates.spark_logs]
    if estimates.spark_history:
        spark.append(SparkHistory(estimates.spark_history, auth))
    mapreduce: list[History] = [JobHistory(estimates.mapreduce_history, auth)] if estimates.mapreduce_history else []
    return {"spark": spark, "mapreduce": mapreduce}


def asked(site: Site) -> Callable[[str], Mapping[str, Any] | None]:
    """Finds the record of a decision in those files of the audit trail that root alone, or this account, may write.

    Who may write there could else say what another's job was, and so spoil what is learned of it.
    """

    def record(decision: str) -> dict[str, Any] | None:
        return audit_file.find(filter(_is_trusted, audit_file.files(site.audit_to)), decision).record

    return record


def _is_trusted(path: str) -> bool:
    try:
        there = os.stat(path)
    except (OSError, ValueError):
        return False
    is_ours = there.st_uid in (0, os.geteuid())
    return is_ours and stat.S_ISREG(there.st_mode) and not there.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
