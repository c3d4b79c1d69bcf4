"""A whole policy folder in front of Hadoop's own scheduler."""

from collections.abc import Mapping

from placement.errors import PlacementError, Problem
from placement.hadoop_loader import jvm
from placement.hadoop_loader.findings import Sources, findings
from placement.policy_files import PolicyFiles
from placement.schedulers.configuration import Configuration
from placement.schedulers.rendering import content, render


def problems_of(files: PolicyFiles, environ: Mapping[str, str]) -> list[Problem]:
    """What the site's scheduler says of the file that the policy is rendered as, and what keeps it from being asked.

    None where the policy cannot be read, or names no queues: that is for whoever reads it to say.
    """
    try:
        document = files.queue_tree()
        if document is None or document.tree is None:
            return []
        configuration = render(document.hierarchy, files.placing_rules(), files.site().scheduler).configuration
    except PlacementError:
        return []
    try:
        return of_rendered(files, configuration, environ)
    except PlacementError as error:
        return list(error.problems)


def of_rendered(files: PolicyFiles, configuration: Configuration, environ: Mapping[str, str]) -> list[Problem]:
    """What the scheduler says of the `configuration` that the policy is rendered as.

    Raises PlacementError with what keeps it from being asked: see `jvm`.
    """
    hadoop = jvm.find(files.site().commands, environ)
    [answer] = jvm.answers(hadoop, configuration.scheduler, [content(configuration)])
    document = files.queue_tree()
    places = document.places if document else None
    return findings(answer, configuration, Sources(places, files.placing_rules(), files.lines()))
