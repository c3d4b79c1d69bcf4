"""Whether a wrapper would run a command line, waiting apart; nothing is recorded, started or waited for.

Run by `asking.is_allowed` as the wrappers are, so with the standard library alone: a kernel's start waits for it.
"""

import sys

from placement.decision import REJECT
from placement.engine import decide, facts, new_id
from placement.files import environment
from placement.folder import Folder, find
from placement.gateway import read_command, real_command
from placement.identity import identify
from placement.shim import learn_needs
from placement.submission import Submission


def main() -> None:
    """argv is [_, name of the command, arguments...]. Exit status 0: it would run; a fault is as good as a refusal.

    Raises PlacementError where nothing can be decided.
    """
    name, arguments, environ = sys.argv[1], sys.argv[2:], environment()
    folder = Folder(find(environ))
    policy = folder.policy()
    reading = read_command(name, arguments, real_command(name, policy.site.commands, environ), environ)
    submission = Submission(identify(policy.site, environ, reading), reading.request, reading, facts(reading))
    learn_needs(submission, policy.site, folder)
    sys.exit(decide(submission, policy, new_id()).outcome == REJECT)
