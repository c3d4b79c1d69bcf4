"""Carrying a plan out, or going back: each step so that whoever is stopped anywhere leaves a clear state. Adapter."""

import os
import pwd
import time
from collections.abc import Callable
from dataclasses import replace

from placement import whole_file
from placement.errors import PlacementError, Problem, quoted
from placement.schedulers.capacity.terms import STATE
from placement.schedulers.configuration import Configuration
from placement.schedulers.formats import FORMATS
from placement.sync import shown
from placement.sync.difference import Difference, difference
from placement.sync.history import APPLIED, BEGUN, FAILED, RESTORED, Entry, History
from placement.sync.plan import Plan
from placement.sync.probes import probes
from placement.sync.standing import Standing
from placement.sync.target import CHANGED_MEANWHILE, InForce, Target
from placement.sync.targets.files import changed_meanwhile
from placement.sync.targets.waiting import in_words
from placement.yarn.client import ResourceManager

AWAY = ("rm-unreachable", "rm-standby")  # codes of `yarn.client`

Say = Callable[[str], None]


class Applier:
    """Changes what is in force at one target; for the holder of the history's lock."""

    def __init__(self, target: Target, manager: ResourceManager, history: History, say: Say) -> None:
        self.target = target
        self.manager = manager
        self.history = history
        self.say = say

    def carry_out(self, plan: Plan, found: Standing, what: str) -> Entry:
        """The entry of an apply, whose outcome is APPLIED, RESTORED (nothing has changed in the end), or FAILED.

        `found` is what the plan was made for.

        Whoever interrupts it (KeyboardInterrupt, SystemExit) has it taken back; who interrupts that too, is let go.
        Raises PlacementError `queue-in-use`, or what keeps the history from being written: nothing was done then.
        """
        refuse_in_use(plan)
        old = found.whole
        entry = self.history.begin(_entry(plan, old, what), old.content, plan.content)
        self.say(f"what is in force is kept as entry {entry.number} of {self.history.folder}")
        try:
            self.say(f"writing {self.target.name}, and waiting for the ResourceManager to take it up")
            unseen = self.target.put(found.now, plan.content)
            self.say("reading it back")
            said = "; ".join([*unseen, *self._refuse_other(plan)])
        except PlacementError as error:
            problem = error.problems[0]
            if problem.code == CHANGED_MEANWHILE:  # it is somebody else's now
                return self._end(entry, FAILED, problem.in_one_line())
            return self._go_back(entry, plan, old, problem.in_one_line())
        except (KeyboardInterrupt, SystemExit):
            return self._go_back(entry, plan, old, "it was interrupted")
        except BaseException:
            self._go_back(entry, plan, old, "of a fault in placement")
            raise
        return self._end(entry, APPLIED, said)

    def _refuse_other(self, plan: Plan) -> list[str]:
        """What else there is to be said. Raises PlacementError `not-as-told` if in force is not what was put."""
        wanted = self.target.read(plan.content)
        wrong = _of(difference(wanted, self.target.in_force().configuration))
        wrong += shown.differences(wanted, self.manager.scheduler())
        unseen: list[str] = []
        try:
            self._probe(plan, wanted, wrong, unseen)
        except PlacementError as error:
            first = error.problems[0]
            why = "this account does not administer these queues" if first.code == "rm-refused" else first.message
            unseen.append(f"who may submit there was not asked: {why}")
        if wrong:
            message = f"what is in force is not what was put there: {in_words(wrong)}"
            raise PlacementError(Problem("not-as-told", message, remedy="see the ResourceManager's log"))
        return unseen

    def _probe(self, plan: Plan, wanted: Configuration, wrong: list[str], unseen: list[str]) -> None:
        """Asks whose submissions the ResourceManager lets in now. Raises PlacementError where it does not say."""
        changed = dict.fromkeys(change.queue for change in plan.difference.changes if change.queue in wanted.queues)
        asked = probes(FORMATS[wanted.scheduler].hierarchy(wanted)[0], filter(None, changed))
        for probe in asked:
            is_let_in = self.manager.may_submit(probe.user, probe.queue)
            if probe.is_wanted and not is_let_in:
                wrong.append(f"{probe.user} may not submit to {probe.queue}")
            elif is_let_in and not probe.is_wanted:
                unseen[:] = ["the ResourceManager lets anybody in: is `yarn.acl.enable` on?"]

    def _go_back(self, entry: Entry, plan: Plan, old: InForce, why: str) -> Entry:
        self.say(f"this failed: {why}")
        self.say("putting back what was in force")
        try:
            now = self.target.in_force()
            if self.target.is_file and not self._is_ours(now, plan, old):
                raise changed_meanwhile(self.target.name)
            if now.version != old.version or plan.is_unfinished:
                self.target.put(now, old.content)
            is_back = self.target.in_force().version == old.version
        except PlacementError as error:
            is_back = False
            why = f"{why}; going back: {error.problems[0].in_one_line()}{self._left(old, error.problems[0].code)}"
        except BaseException:
            self.say("interrupted before it was put back: `placement plan` says what is in force")
            raise
        return self._end(entry, RESTORED if is_back else FAILED, why)

    def _is_ours(self, now: InForce, plan: Plan, old: InForce) -> bool:
        """Whether it is what was there, what was put, or a step between them: nobody's edit is lost by going back."""
        known = (old.configuration, self.target.read(plan.content))
        return any(_but_for_states(difference(each, now.configuration)) for each in known)

    def _left(self, old: InForce, code: str) -> str:
        """Where nobody is there to take it up, the old file is put there for the ResourceManager that starts next."""
        if not self.target.is_file or code not in AWAY:
            return ""
        try:
            whole_file.write(self.target.name, old.content)
        except PlacementError as error:
            return f"; {error.problems[0].in_one_line()}"
        return "; the file is as it was, for when the ResourceManager is there again"

    def _end(self, entry: Entry, outcome: str, said: str) -> Entry:
        """The entry with its outcome, though the history may not be written any more: what is done is done."""
        try:
            return self.history.end(entry, outcome, said)
        except PlacementError as error:
            said = "; ".join(filter(None, [said, f"this is not in the history: {error.problems[0].in_one_line()}"]))
            return replace(entry, outcome=outcome, said=said)


def refuse_in_use(plan: Plan) -> None:
    """Raises PlacementError `queue-in-use` for each queue that goes while applications run or wait in it."""
    problems = [
        Problem(
            "queue-in-use",
            f"{quoted(effect.queue)} is to be {effect.what}, and {effect.running} applications run in it, "
            f"{effect.pending} wait",
            remedy="wait for their end, or move them: yarn application -changeQueue; then plan again",
        )
        for effect in plan.effects
        if effect.is_in_the_way
    ]
    if problems:
        raise PlacementError(*problems)


def _but_for_states(changes: Difference) -> bool:
    """Whether nothing else is different: queues that go are stopped first."""
    return not changes.added and not changes.removed and all(each.property == STATE for each in changes.changes)


def _of(changes: Difference) -> list[str]:
    return [
        *(f"there is a queue {path}" for path in changes.added),
        *(f"there is no queue {path}" for path in changes.removed),
        *(
            f"{change.property} of {change.queue or 'the scheduler'} is {change.new or 'not set'}, "
            f"not {change.old or 'unset'}"
            for change in changes.changes
            if change.queue not in changes.added and change.queue not in changes.removed
        ),
    ]


def _entry(plan: Plan, old: InForce, what: str) -> Entry:
    return Entry(
        number=0,
        when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        who=_who(),
        what=what,
        target=plan.binding.target,
        scheduler=plan.scheduler,
        revision=plan.binding.revision,
        before=old.version,
        after=plan.binding.digest,
        outcome=BEGUN,
    )


def _who() -> str:
    """The account, and the one that became it by sudo."""
    try:
        account = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        account = str(os.geteuid())
    sudo = os.environ.get("SUDO_USER", "")
    return f"{account} (sudo by {sudo})" if sudo and sudo != account else account
