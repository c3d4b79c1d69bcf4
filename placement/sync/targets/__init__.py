"""The places from which a scheduler takes its configuration, and which of them is in force at a site."""

import os
from collections.abc import Mapping

from placement.errors import PlacementError, Problem, quoted
from placement.gateway import real_command
from placement.policy import Site
from placement.queues.names import FAIR
from placement.schedulers.formats import FORMATS
from placement.sync.target import Target
from placement.sync.targets.capacity_file import CapacityFile
from placement.sync.targets.fair_file import FairFile
from placement.sync.targets.scheduler_conf import SchedulerConf
from placement.yarn import configuration
from placement.yarn.client import ResourceManager

ALLOCATION_FILE = "yarn.scheduler.fair.allocation.file"


def find(site: Site, environ: Mapping[str, str], manager: ResourceManager) -> Target:
    """What the scheduler that `manager` runs takes its configuration from.

    Its file is the one that `site` names, else what yarn-site.xml of this machine says. Raises PlacementError:
    `other-scheduler` (the site says another one than is in force), `no-real-command` (there is no `yarn` to have a
    file taken up), `no-resource-manager`, and what `manager` raises.
    """
    in_force = manager.scheduler_type()
    if in_force != f"{site.scheduler}Scheduler":
        message = f"site.yaml says {quoted(site.scheduler)}, and the ResourceManager's scheduler is {quoted(in_force)}"
        remedy = f"say `scheduler: {in_force.removesuffix('Scheduler')}` in site.yaml, or ask the right ResourceManager"
        raise PlacementError(Problem("other-scheduler", message, remedy=remedy))
    if site.scheduler == FAIR:
        return FairFile(site.scheduler_file or file_of(site.scheduler, environ), manager)
    if manager.scheduler_conf() is not None:
        return SchedulerConf(manager)
    path = site.scheduler_file or file_of(site.scheduler, environ)
    return CapacityFile(path, manager, real_command("yarn", site.commands, environ), environ)


def file_of(scheduler: str, environ: Mapping[str, str]) -> str:
    """The scheduler's file by the configuration of this machine: a name without a path is in its folder."""
    folder, said = configuration.setting(environ, ALLOCATION_FILE)
    return os.path.join(folder, said if scheduler == FAIR and said else FORMATS[scheduler].file_name)
