"""The ResourceManager told of the map: does it let in, and place, whom the gateway does?"""

import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from placement.decision import REQUEST_AMBIGUOUS, Decision
from placement.engine import decide
from placement.policy import Policy, Site
from placement.policy_files import PolicyFiles
from placement.queues import access
from placement.queues.names import CAPACITY, FAIR, full_name, is_same, leaf
from placement.rules.match import queue_of
from placement.rules.model import EVERYONE
from placement.schedulers import rendering
from placement.schedulers.configuration import Shortfall
from placement.submission import Identity, Request, Submission
from tests.cluster import configuration, parts
from tests.cluster.yarn import Refused, Yarn

USERS = {
    "alice": ["prod"],
    "bob": ["dev", "prod"],
    "carol": ["users"],
    "pnda": ["pnda"],
    "first.last": ["dev.ops", "users"],
    "eve": ["prod", "users"],
}
QUEUES = """\
roles:
  staff: {{users: [carol, first.last], groups: [dev]}}
queues:
  - {{name: default, weight: 1{default}}}
  - name: apps
    weight: 1{apps}
    queues:
      - {{name: prod, weight: 1{prod}}}
      - {{name: dev, weight: 1}}
  - name: other
    weight: 1
    queues:
      - {{name: dev, weight: 1}}
      - {{name: eve, weight: 1}}
      - {{name: first_dot_last, weight: 1}}
  - name: groups
    weight: 1
    queues:
      - {{name: prod, weight: 1}}
      - {{name: dev_dot_ops, weight: 1}}
  - {{name: users, weight: 1, auto-create: {{max-queues: 50, leaf: {{weight: 1}}}}}}
"""
ACCESS = ["", "", "", ", submit: {users: [eve]}", ", admin: {groups: [users]}", ', submit: "*"']
TARGETS = ["*", "*", "alice:", "bob:", "first.last:", ":prod", ":dev", ":users", ":dev.ops", "@staff", "pnda:"]
PLACES = [
    *["root.default", "root.apps.prod", "root.apps.dev", "root.other.dev"] * 2,
    *["root.other.%user", "root.groups.%primary_group", "root.users.%user", "root.apps", "root.other.eve"],
]
CONDITIONS = [*[""] * 8, " if not hour > 30", " if hour > 30"]
REQUESTS = [
    *[None, None, "default", "root.default", "root.apps.prod", "root.apps.dev", "root.other.dev", "root.users.alice"],
    *["prod", "eve", "dev", "root.nosuch", "nosuch", "root.apps.nosuch", "root.apps", "root.groups.prod"],
]
POLICIES, TRIPLES = 6, 504
LET_IN, REFUSED = "both let in", "both refuse"
STARTING = ("NEW", "NEW_SAVING", "SUBMITTED")


@dataclass(frozen=True)
class Triple:
    """What one user asks for, what the gateway says, and where the ResourceManager has it; None: refused."""

    user: str
    request: str | None
    decision: Decision
    found: str | None


@pytest.mark.parametrize("scheduler", [FAIR, CAPACITY])
def test_gateway_and_resource_manager_agree_on_all_that_is_enforced(scheduler, tmp_path):
    """Every difference must be one that a shortfall of the rendered policy announces."""
    chance = random.Random(6)
    policies = [_policy(chance, scheduler, tmp_path / str(number)) for number in range(POLICIES)]
    count: Counter[str] = Counter()
    site = {"yarn.nodemanager.resource.memory-mb": "128"}  # room for one application: the others wait in their queues
    with Yarn(scheduler, _file(*policies[0]), USERS, yarn_site=site) as yarn:
        for files in policies:
            yarn.scheduler_file.write_text(_file(*files))
            _refresh(yarn)
            shortfalls = _rendered(*files).shortfalls
            for triple in _triples(yarn, files[0], chance):
                count[_verdict(triple, shortfalls, files[0], scheduler)] += 1
    print(f"{scheduler}: {count.total()} submitted: {dict(count.most_common())}")
    assert count.total() == TRIPLES
    assert min(count[LET_IN], count[REFUSED]) > TRIPLES / 10  # neither is agreed on for want of cases


def _policy(chance: random.Random, scheduler: str, folder: Path) -> tuple[PolicyFiles, str]:
    folder.mkdir()
    rules = [f"{chance.choice(TARGETS)} {chance.choice(PLACES)}{chance.choice(CONDITIONS)}\n" for _ in range(9)]
    said = {name: chance.choice(ACCESS) for name in ("default", "prod")}
    apps = chance.choice(ACCESS[:5]).removeprefix(", ").replace(": {", ": {", 1)
    (folder / "map.txt").write_text("".join(rules))
    (folder / "queues.yaml").write_text(QUEUES.format(**said, apps=f"\n    {apps}" if apps else ""))
    (folder / "site.yaml").write_text(f"scheduler: {scheduler}\n")
    return PolicyFiles(str(folder)), scheduler


def _rendered(files: PolicyFiles, scheduler: str) -> rendering.Rendered:
    return rendering.render(files.queue_tree().hierarchy, files.placing_rules(), scheduler)


def _file(files: PolicyFiles, scheduler: str) -> str:
    return rendering.content(_rendered(files, scheduler).configuration).decode()


def _refresh(yarn: Yarn) -> None:
    """Has the scheduler read its file; both do at once."""
    java = Path(parts.java_home(), "bin", "java")
    admin = [java, *configuration.QUICK_START.split(), configuration.OPENED]
    admin += ["-cp", f"{yarn.conf_dir}:{parts.hadoop_lib()}/*", "org.apache.hadoop.yarn.client.cli.RMAdminCLI"]
    environ = yarn.environment(configuration.ADMIN)
    done = subprocess.run(
        [*admin, "-refreshQueues"], check=False, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def _triples(yarn: Yarn, files: PolicyFiles, chance: random.Random) -> list[Triple]:
    """Every user with some of the requests, really submitted."""
    asked = [
        (user, request) for user in USERS for request in chance.sample(REQUESTS, TRIPLES // POLICIES // len(USERS))
    ]
    submitted = [(*each, _submitted(yarn, *each)) for each in asked]
    reports = yarn.applications()
    while any(report["state"] in STARTING for report in reports):
        time.sleep(0.1)
        reports = yarn.applications()
    queues = {report["id"]: report["queue"] for report in reports if report["state"] not in ("FAILED", "KILLED")}
    for application_id in queues:
        yarn.kill(application_id)
    return [
        Triple(user, request, _decision(files, user, request), queues.get(application_id))
        for user, request, application_id in submitted
    ]


def _submitted(yarn: Yarn, user: str, request: str | None) -> str | None:
    try:
        return yarn.submit(user, request, "sleep 600")
    except Refused:
        return None


def _decision(files: PolicyFiles, user: str, request: str | None) -> Decision:
    policy = Policy(files.placing_rules(), Site(scheduler=files.site().scheduler), "")
    asked = Request(request, "--queue") if request else None
    identity = Identity(user, tuple(USERS[user]), user, "static")
    return decide(Submission(identity, asked, facts={"hour": 12.0}), policy, "")


def _verdict(triple: Triple, shortfalls: tuple[Shortfall, ...], files: PolicyFiles, scheduler: str) -> str:
    """That they agree, or the kind of shortfall that announces the difference. Fails if there is none."""
    if triple.decision.queue == triple.found:
        return LET_IN if triple.found else REFUSED
    if scheduler == CAPACITY and _is_ambiguous(triple, files):
        return "a leaf name that could be several queues"
    for shortfall in shortfalls:
        if _announces(shortfall, triple, files):
            return _kind(shortfall)
    where = f"{triple.user} {triple.request}: {triple.decision.queue}, not {triple.found}"
    raise AssertionError(f"{where}\n{(Path(files.path) / 'map.txt').read_text()}\n{_file(files, scheduler)}")


def _is_ambiguous(triple: Triple, files: PolicyFiles) -> bool:
    """Whether one of the two refuses a mere leaf name; for the gateway each candidate counts, there or not."""
    tree, _ = files.queues()
    if triple.found is None:
        return len(tree.leaf_paths(triple.request or "")) > 1
    return triple.decision.reason == REQUEST_AMBIGUOUS and triple.found in triple.decision.candidates


def _announces(shortfall: Shortfall, triple: Triple, files: PolicyFiles) -> bool:
    """Whether it is just this difference that the shortfall is about."""
    decided, found = triple.decision, triple.found
    unasked = triple.request in (None, "default")
    groups = tuple(USERS[triple.user])
    honoured = found is not None and not unasked and is_same(triple.request, found, files.site().scheduler)
    let_in = honoured and decided.queue is None
    if "is not there" in shortfall.said:
        return not unasked and found is not None and found in _instead(triple, files)
    if not shortfall.line:
        grants = access.of_user_in(files.queue_tree().hierarchy, found or "", triple.user, groups).submit
        return let_in and any((each.origin, each.right) == (shortfall.queue, shortfall.keys[0]) for each in grants)
    rule = next(rule for rule in files.placing_rules().rules if rule.line == shortfall.line)
    is_for = rule in files.placing_rules().matching(triple.user, groups)
    decides = decided.rule is not None and decided.rule.line == rule.line
    is_there = let_in and f"{found}.".startswith(f"{rule.queue.partition('.%')[0]}.")
    what = _kind(shortfall)
    if what in ("access", "the queue"):
        return decides and found is None
    if what == "the queue without a request":
        return decides and unasked
    if what == "the condition":
        return (decides and unasked) or (is_there and is_for)
    if what == "access for nobody else":
        return is_there and leaf(found) in {name.replace(".", "_dot_") for name in (triple.user, *groups)}
    return is_there and is_for


def _instead(triple: Triple, files: PolicyFiles) -> set[str]:
    """Where a request for a queue that is not there may lead: to itself, or where those go who ask for nothing."""
    tree, _ = files.queues()
    asked = full_name(triple.request, FAIR)
    rules = (rule for rule in files.placing_rules().rules if rule.kind == EVERYONE and rule.condition is None)
    last = next(rules, None)
    unasked = last and queue_of(last, triple.user, tuple(USERS[triple.user]), FAIR)
    return set() if asked in tree else {asked, unasked} - {None}


def _kind(shortfall: Shortfall) -> str:
    if not shortfall.line:
        return "access without a rule" if shortfall.queue else shortfall.said
    return shortfall.said.rpartition("`: ")[2]
