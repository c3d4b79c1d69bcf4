"""A whole policy folder in front of Hadoop's own scheduler."""

from collections.abc import Mapping

from placement.errors import PlacementError, Problem
from placement.hadoop_loader import jvm
from placement.hadoop_loader.findings import Sources, findings
from placement.policy_files import PolicyFiles
from placement.schedulers.rendering import content, render


def problems_of(files: PolicyFiles, environ: Mapping[str, str]) -> list[Problem]:
    """What the site's scheduler says of the file that the policy is rendered as, and what keeps it from being asked.

    None where the policy cannot be read, or names no queues: that is for whoever reads it to say.
    """
    try:
        document, rules, site = files.queue_tree(), files.placing_rules(), files.site()
    except PlacementError:
        return []
    if document is None or document.tree is None:
        return []
    try:
        configuration = render(document.hierarchy, rules, site.scheduler).configuration
        hadoop = jvm.find(site.commands, environ)
        [answer] = jvm.answers(hadoop, site.scheduler, [content(configuration)])
    except PlacementError as error:
        return list(error.problems)
    return findings(answer, configuration, Sources(document.places, rules, files.lines()))
