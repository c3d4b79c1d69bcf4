"""What the ResourceManager works by and does not answer, as the policy says it. Adapter."""

from collections.abc import Mapping

from placement.policy_files import PolicyFiles
from placement.queues.queue import Hierarchy
from placement.schedulers.configuration import Configuration
from placement.schedulers.rendering import render
from placement.yarn.terms import AM_SHARE, Terms, terms

CALCULATOR = "yarn.scheduler.capacity.resource-calculator"


def policy_terms(files: PolicyFiles, environ: Mapping[str, str]) -> Terms:
    """The terms that the policy of `files` is rendered to, the rest as `terms` has it.

    Raises PlacementError with the faults of the files, and as `terms`.
    """
    document = files.queue_tree()
    hierarchy = document.hierarchy if document else Hierarchy()
    told: Configuration = render(hierarchy, files.placing_rules(), files.site().scheduler).configuration
    counts_vcores = told.general.get(CALCULATOR, "").endswith("DominantResourceCalculator")
    said = {path: _share(own.get("maxAMShare")) for path, own in told.queues.items()}
    shares = {path: share for path, share in said.items() if share is not None}
    usual = _share(told.general.get("queueMaxAMShareDefault"))
    return terms(environ, counts_vcores, shares, AM_SHARE if usual is None else usual)


def _share(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
