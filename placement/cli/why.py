"""`placement why`: a recorded decision in words, and where what was submitted by it runs."""

import json
import os
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from placement import audit_file
from placement.audit_file import Found
from placement.cli import json_option, policy_option
from placement.cli.asking_agent import UNKNOWN, answer_of, number, objects, text
from placement.errors import PlacementError, Problem, quoted, visible
from placement.gateway import TAG
from placement.identity import identify
from placement.policy import Site
from placement.policy_files import PolicyFiles
from placement.rules.condition import FACTS, value_in_words
from placement.waiting_line import expected
from placement.yarn import configuration
from placement.yarn.client import ResourceManager
from placement.yarn.landing import Landing, landing

AS_DECIDED, NOT_KNOWN, DIFFERS, NOT_FOUND = "as-decided", "not-known", "differs", "not-found"
STATUS = {AS_DECIDED: 0, NOT_KNOWN: 0, DIFFERS: 1, NOT_FOUND: 2}
DECISION = re.compile(r"[0-9a-f]{16}")
APPLICATION = re.compile(r"application_[0-9]+_[0-9]+")
NO_FILE = {  # audit trails that are no files of ours, and how to look through them all the same
    "none": "name a file by --audit",
    "journald": "write them into one, `journalctl -t placement -o cat > FILE`, and name it by --audit",
    "syslog": "name the log of the facility authpriv by --audit, such as /var/log/auth.log",
}
SHOWN = 300  # characters of an application's diagnostics that are printed; --json has all


@dataclass
class Why:
    """All that is said of `asked`, the id of a decision or of an application.

    `found` is the decision's record; `landings` the applications that carry its tag, None if the ResourceManager could
    not tell; `trouble` says why not. `agent` is what the agent knows of it, None without one, and `silence` why it
    does not say.
    """

    asked: str
    found: Found
    landings: list[Landing] | None = None
    trouble: Problem | None = None
    agent: dict[str, Any] | None = None
    silence: Problem | None = None

    @property
    def verdict(self) -> str:
        if self.found.record is None:
            return NOT_FOUND
        if not self.landings:
            return NOT_KNOWN
        return AS_DECIDED if all(each.is_as_decided for each in self.landings) else DIFFERS

    def as_data(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "verdict": self.verdict,
            "decision": self.found.record,
            "file": self.found.file or None,
            "damaged": self.found.damaged,
            "unread": self.found.unread,
            "applications": None if self.landings is None else [each.as_data() for each in self.landings],
            "trouble": self.trouble.as_data() if self.trouble else None,
            "agent": self.agent,
        }


@click.command("why")
@click.argument("asked", metavar="ID")
@click.option("--audit", "trails", metavar="FILE", multiple=True, help="Look here instead of where site.yaml says.")
@policy_option
@json_option
def command(asked: str, trails: tuple[str, ...], policy_folder: str, as_json: bool) -> int:
    """A decision as it was recorded, and whether what it was made for runs where it says.

    ID is that of the decision, with or without `placement:`, or of a YARN application.

    Exit status 0: as decided, as far as is known; 1: something runs elsewhere; 2: there is no such record.
    """
    folder = PolicyFiles(policy_folder)
    site = folder.site()
    files = [file for trail in trails or _trails(site) for file in audit_file.files(trail)]
    if APPLICATION.fullmatch(asked):
        why = _of_application(asked, site, files)
    elif DECISION.fullmatch(asked.removeprefix(TAG)):
        why = Why(asked, audit_file.find(files, asked.removeprefix(TAG)))
    else:
        raise click.BadParameter(f"{asked!r} is neither 16 hexadecimal digits nor application_NUMBER_NUMBER")
    if why.found.record:
        _see_where_it_is(why, why.found.record, folder)
    if site.admission:
        _ask_agent(why, site, policy_folder)
    if as_json:
        click.echo(json.dumps(why.as_data(), indent=2))  # in ASCII, as a recorded name may be no text
    else:
        for line in _lines(why):
            click.echo(visible(line))
    return STATUS[why.verdict]


def _trails(site: Site) -> list[str]:
    """Raises PlacementError `no-audit-file` if the site's audit trail is no file."""
    if site.audit_to in NO_FILE:
        message = f"decisions are not recorded in a file: `audit` of site.yaml is {quoted(site.audit_to)}"
        raise PlacementError(Problem("no-audit-file", message, remedy=NO_FILE[site.audit_to]))
    return [site.audit_to]


def _of_application(application_id: str, site: Site, files: list[str]) -> Why:
    """The decision whose tag the application carries; of several the first that is recorded."""
    try:
        application = _resource_manager(site).application(application_id)
    except PlacementError as error:
        return Why(application_id, Found(), trouble=error.problems[0])
    if application is None:
        message = "the ResourceManager does not know this application, or no more"
        remedy = "ask by the id of the decision"
        return Why(application_id, Found(), trouble=Problem("unknown-application", message, remedy=remedy))
    ids = [tag.removeprefix(TAG) for tag in application.tags if tag.startswith(TAG)]
    ids = [each for each in ids if DECISION.fullmatch(each)]
    if not ids:
        message = f"it is in {quoted(application.queue)}, of {quoted(application.user)}, and has no tag of a decision"
        remedy = "it was submitted past the wrappers, or in a way that leaves no room for a tag"
        return Why(application_id, Found(), trouble=Problem("no-decision", message, remedy=remedy))
    found = [audit_file.find(files, each) for each in ids]
    return Why(application_id, next((each for each in found if each.record), found[0]))


def _resource_manager(site: Site) -> ResourceManager:
    return configuration.resource_manager(site, os.environ, identify(site, os.environ).user)


def _ask_agent(why: Why, site: Site, policy_folder: str) -> None:
    """What the agent knows of it: whether it waits, for what, and what happened to it."""
    record = why.found.record or {"id": why.asked.removeprefix(TAG)}
    try:
        why.agent = answer_of(policy_folder, site, {"op": "why", "application": record["id"]})
    except PlacementError as error:
        why.silence = error.problems[0]


def _see_where_it_is(why: Why, record: dict[str, Any], folder: PolicyFiles) -> None:
    """Asks the ResourceManager what it has of the decision."""
    site, tree = folder.site(), folder.queues()[0]
    try:
        yarn = _resource_manager(site)
        applications = yarn.applications(TAG + record["id"])
        why.landings = [landing(record, each, site.scheduler, tree) for each in applications]
        if why.verdict == DIFFERS:
            queues = yarn.scheduler().queues
            why.landings = [landing(record, each, site.scheduler, tree, queues) for each in applications]
    except PlacementError as error:
        why.trouble = error.problems[0]


def _lines(why: Why) -> Iterator[str]:
    found, record = why.found, why.found.record
    if record:
        yield from _decision(record)
        yield from _applications(why, record)
    else:
        yield f"no record of {quoted(why.asked)}" + (
            f" in {', '.join(found.looked_through)}" * bool(found.looked_through)
        )
        for file, reason in found.unread.items():
            yield f"  {file} cannot be read: {reason}"
    if found.damaged:
        yield f"  skipped lines that are no whole record: {found.damaged}"
    if why.trouble:
        yield f"  {why.trouble.in_one_line()}"
    if why.silence:
        yield f"  {why.silence.in_one_line()}"
    yield from _of_agent(why.agent)


def _decision(record: dict[str, Any]) -> Iterator[str]:
    """A record in words, as far as it goes: anybody may have written it."""
    identity, command, request = (_object(record, key) for key in ("identity", "command", "request"))
    when, revision, family = _text(record, "time"), _text(record, "revision"), _text(command, "family")
    yield (
        f"decision {record['id']}"
        + f", {when}" * bool(when)
        + f", by revision {revision} of the policy" * bool(revision)
    )
    if identity:
        groups = ", ".join(map(quoted, _texts(identity, "groups"))) or "no group"
        user, real_user = (quoted(_text(identity, key)) for key in ("user", "real_user"))
        yield f"  who: {user} ({_text(identity, 'how')}) in {groups}, typed by {real_user}"
    if family:
        mode, application = _text(command, "deploy_mode"), _text(command, "application")
        yield f"  command: {family}" + f", {mode} mode" * bool(mode) + f", {quoted(application)}" * bool(application)
    if "arguments" in record:
        yield f"  typed: {shlex.join([family, *_texts(record, 'arguments')])}"
    if _text(record, "real"):
        yield f"  real command: {_text(record, 'real')}"
    yield "  asked for: " + (
        f"{quoted(_text(request, 'queue'))} ({_text(request, 'source')})" if request else "no queue"
    )
    facts = ", ".join(_fact(fact, value) for fact, value in _object(record, "facts").items())
    if facts:
        yield f"  facts: {facts}"
    outcome, message = _text(record, "outcome"), _text(record, "message")
    if outcome == "error":
        yield f"  decided: nothing, as on-error is {_text(record, 'on_error')}: {message}"
    else:
        yield f"  decided: {outcome}[{_text(record, 'reason')}]: {message}"


def _applications(why: Why, record: dict[str, Any]) -> Iterator[str]:
    if why.landings == []:
        was_refused = record.get("queue") is None
        forgotten = "it was refused" if was_refused else "it was never submitted, or is forgotten by now"
        yield f"  runs: the ResourceManager has no application with its tag: {forgotten}"
    for each in why.landings or ():
        application = each.application
        mark = "as decided" if each.is_as_decided else "NOT as decided"
        state = application.state + f" ({application.final_status})" * (application.final_status != "UNDEFINED")
        yield f"  runs: {application.id} of {quoted(application.user)} in {quoted(application.queue)}, {state}: {mark}"
        yield from (f"    likely: {reason}" for reason in each.reasons)
        diagnostics = application.diagnostics.strip()
        if diagnostics and application.final_status in ("FAILED", "KILLED"):
            yield f"    YARN says: {diagnostics.splitlines()[0][:SHOWN]}"


def _of_agent(said: dict[str, Any] | None) -> Iterator[str]:
    """What the agent knows, as far as it goes."""
    entry = _object(said or {}, "entry")
    if entry:
        place, of = number(entry, "place"), number(entry, "of")
        where = f", {place:.0f} of {of:.0f}" if place is not None and of is not None else ""
        yield f"  agent: {text(entry, 'state')} for {quoted(text(entry, 'queue'))}{where}: {text(entry, 'message')}"
        yield from (f"    {words}" for words in expected(entry.get("expected"), 0))
        yield from (f"    ahead: {each}" for each in _texts(entry, "ahead"))
    for event in objects(said, "events"):
        when_s = number(event, "when_s")
        when = UNKNOWN if when_s is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when_s))
        yield f"    {when}  {text(event, 'state')}  {text(event, 'said')}"


def _fact(fact: str, value: Any) -> str:
    is_plain = isinstance(value, str | int | float) and fact in FACTS
    return f"{fact} {value_in_words(fact, value) if is_plain else value}"


def _object(record: dict[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _texts(record: dict[str, Any], key: str) -> list[str]:
    value = record.get(key)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
