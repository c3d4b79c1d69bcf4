"""Values with defaults, so that a test shows only what it is about."""

from placement.policy import Policy, Site
from placement.rules import grammar
from placement.submission import Identity, Request, Submission

PNDA = """
pnda:   root.default
:prod   root.applications.prod
:prod   root.applications.dev
:dev    root.applications.dev
"""


def identity(user="alice", groups=("prod",), real_user="alice", how="process"):
    return Identity(user, tuple(groups), real_user, how)


def policy(text=PNDA, scheduler="fair", **site):
    rules, _ = grammar.parse(text.encode(), "map.txt")
    return Policy(rules, Site(scheduler=scheduler, **site), "000000000000")


def submission(user="alice", groups=("prod",), queue=None, source="--queue", command=None):
    request = Request(queue, source) if queue is not None else None
    return Submission(identity(user, groups), request, command)
