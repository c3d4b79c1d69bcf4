"""The wrappers and the policy executable: decide, then become the real command. The hot path: standard library only.

A wrapper never writes to standard output, and its words are one line each. Once it has decided it *is* the real
command, by exec: same process, streams, signals and exit status.
"""

import _signal  # type: ignore[import-not-found] # `signal` makes enums of what is in it, which takes longer than we do
import posix
import sys
import time

from placement.decision import NO_RULE, REJECT, RUN, Decision
from placement.engine import decide, facts, new_id
from placement.errors import PlacementError, Problem, quoted, visible
from placement.files import environment
from placement.folder import Folder, find
from placement.identity import identify, user_name
from placement.policy import MASKED, NOWHERE, OPEN, REMOVE, Policy, Site
from placement.submission import Request, Submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from placement.audit import Json

UNAVAILABLE, INTERNAL, TRY_AGAIN, NOT_ALLOWED, CONFIGURATION = 69, 70, 75, 77, 78  # sysexits.h
NOT_EXECUTABLE, NOT_FOUND = 126, 127  # as a shell
POLICY_RUN, POLICY_ERROR, POLICY_NO_RULE, POLICY_DENIED = 0, 1, 2, 3  # PNDA's contract
GUARD = "PLACEMENT_WRAPPED"  # PID.START.DEPTH.NAME of the wrapper that started this process or an ancestor of it
DECIDED = "PLACEMENT_DECISION"  # id of the decision on what this process runs
ENOEXEC = 8  # `errno` is a library of its own on some machines
PYSPARK = "_PYSPARK_DRIVER_CONN_INFO_PATH"  # in the environment of what `pyspark.java_gateway` starts
DEEPEST = 10  # wrapped commands within wrapped commands, beyond which a loop is the likelier reading
_IGNORED: set[int] = set()  # signals that the real command is to ignore as we were told to


def main() -> "NoReturn":
    """What every file in wrappers/ calls: argv is [_, path of the wrapper, arguments...]."""
    if _signal.getsignal(_signal.SIGCHLD) == _signal.SIG_IGN:  # then no child of ours would leave an exit status
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _IGNORED.add(_signal.SIGCHLD)
    name, arguments = sys.argv[1].rpartition("/")[2], sys.argv[2:]
    is_policy = name == "policy"
    try:
        environ = environment()
        status = policy_executable(arguments, environ) if is_policy else wrapped(name, arguments, environ)
    except Exception as error:  # the boundary: a fault of ours is one line too, and places nothing
        say(f"error[internal]: {type(error).__name__}: {error} (please report this)")
        status = POLICY_ERROR if is_policy else INTERNAL
    posix._exit(status)  # all is flushed; tearing the interpreter down takes as long as the decision


def policy_executable(arguments: list[str], environ: dict[str, str]) -> int:
    """`policy [REQUESTED]`: prints the queue of whoever runs it. The exit status is PNDA's: 0, 1, 2 or 3."""
    if len(arguments) > 1:
        say("usage: policy [REQUESTED-QUEUE]")
        return POLICY_ERROR
    request = Request(arguments[0], "the argument") if arguments else None
    began_ns = time.monotonic_ns()
    folder = Folder(find(environ))
    try:
        policy = folder.policy()
        submission = Submission(identify(policy.site, environ), request, facts=facts())
        decision = decide(submission, policy, new_id())
    except PlacementError as error:
        say_troubles(folder)
        say_all(error)
        return POLICY_ERROR
    say_troubles(folder)
    is_recorded = record(decision, policy.site, began_ns, folder.troubles)
    if decision.queue is None:
        say_refusal(decision)
        return POLICY_NO_RULE if decision.reason == NO_RULE else POLICY_DENIED
    if not is_recorded:
        return POLICY_ERROR
    print(decision.queue, flush=True)
    return POLICY_RUN


def wrapped(name: str, arguments: list[str], environ: dict[str, str]) -> int:
    """Runs the real `name` in the queue that the policy decides; returns, with an exit status, only if it does not."""
    # The policy executable does without these.
    from placement.gateway import REAL, arguments_with, is_decided, read_command, real_command

    began_ns = time.monotonic_ns()
    try:
        refuse_loop(name, environ)
        folder = Folder(find(environ))
        site, trouble = site_of(folder)
        real = real_command(name, site.commands, environ)
        posix.unsetenv(REAL)
    except PlacementError as error:
        say_all(error)
        return NOT_FOUND
    decision_id = new_id()
    try:
        reading = read_command(name, arguments, real, environ)
        if not reading.submits or is_decided(reading, environ.get(DECIDED)):
            return become(real, arguments)
        if trouble:
            raise trouble
        policy = folder.policy()
        site = policy.site
        submission = Submission(identify(site, environ, reading), reading.request, reading, facts(reading))
        learn_needs(submission, site, folder)
        decision = decide(submission, policy, decision_id)
    except PlacementError as error:
        say_troubles(folder)
        say_all(error)
        is_recorded = record_failure(error, decision_id, name, site, began_ns)
        if site.on_error != OPEN or not is_recorded:
            return CONFIGURATION
        say(f"on-error is open: {name} runs as typed, in no decided queue")
        if site.hadoop_user_name == REMOVE:
            posix.unsetenv("HADOOP_USER_NAME")
        return become(real, arguments)
    advice = sized(decision, site, folder, name, real, environ)
    say_troubles(folder)
    status = NOT_ALLOWED
    if site.admission and decision.queue is not None:
        asked_ns = time.monotonic_ns()
        try:
            status = admitted(decision, policy, folder, environ)
        except PlacementError as error:
            record_failure(error, decision_id, name, site, began_ns)
            return CONFIGURATION if error.problems[0].code in ("bad-wait", "bad-priority") else UNAVAILABLE
        began_ns += time.monotonic_ns() - asked_ns  # what the decision takes is without the wait
    is_recorded = record(decision, site, began_ns, folder.troubles, real, arguments)
    if decision.queue is None:
        say_refusal(decision)
        return status
    if not is_recorded:
        return CONFIGURATION
    say(decision.message)
    if advice:
        say(advice)
    posix.putenv(DECIDED, decision_id)
    if site.hadoop_user_name == REMOVE:
        posix.unsetenv("HADOOP_USER_NAME")
    return become(real, arguments_with(submission.command or reading, decision.queue, decision_id))


def learn_needs(submission: Submission, site: Site, folder: Folder) -> None:
    """Gives the submission what earlier runs used, where the site keeps that."""
    if site.estimates:
        from placement.sizing.lookup import add_estimate

        trouble = add_estimate(submission, site.estimates, folder.owner)
        folder.troubles += [trouble] if trouble else []


def sized(decision: Decision, site: Site, folder: Folder, name: str, real: str, environ: "Mapping[str, str]") -> str:
    """Makes the request smaller where site and caller want that; returns the line that says so, or what to ask for."""
    if site.estimates is None:
        return ""
    from placement.sizing.right_size import size

    advice, trouble = size(decision, site.estimates, name, real, environ)
    folder.troubles += [trouble] if trouble else []
    return advice


def admitted(decision: Decision, policy: Policy, folder: Folder, environ: "Mapping[str, str]") -> int:
    """Waits until the decision has its turn, or none to come; it says so then. Returns what the latter ends with.

    If that cannot be told, and `on-error` is closed, raises the PlacementError that was said.
    """
    from placement.waiting import PASSING, admit, pyspark_is_gone

    queue, is_pyspark = decision.queue or "", PYSPARK in environ
    is_ignored = is_pyspark and _signal.getsignal(_signal.SIGINT) == _signal.SIG_IGN
    if is_ignored:  # PySpark has the JVM ignore an interrupt, and does not wait for it either; there is no JVM yet
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        admit(decision, policy, folder.owner(), environ, pyspark_is_gone if is_pyspark else None)
    except PlacementError as error:
        say_all(error)
        if policy.site.on_error != OPEN:
            raise
        say(f"on-error is open: it runs in {quoted(queue)} without waiting for room")
        decision.admission = {"outcomes": ["unknown"], "reason": error.problems[0].code}
    finally:
        if is_ignored:
            _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    return TRY_AGAIN if decision.reason in PASSING else NOT_ALLOWED


def record(
    decision: Decision,
    site: Site,
    began_ns: int,
    troubles: list[Problem],
    real: str | None = None,
    arguments: list[str] | None = None,
) -> bool:
    """Writes the decision into the audit trail; whether what was decided may happen."""
    if site.audit_to == NOWHERE:
        return True
    from placement import audit

    told = arguments if site.audit_arguments == MASKED else None
    return _recorded(
        audit.entry(decision, began_ns, troubles, real, told), site, decision.submission.identity.real_user
    )


def record_failure(error: PlacementError, decision_id: str, name: str, site: Site, began_ns: int) -> bool:
    """Writes into the audit trail that nothing could be decided; whether that is written, if it must be."""
    if site.audit_to == NOWHERE:
        return True
    from placement import audit

    return _recorded(audit.failure(error, decision_id, began_ns, name, site.on_error), site, user_name(posix.getuid()))


def _recorded(entry: "dict[str, Json]", site: Site, user: str) -> bool:
    from placement import audit

    try:
        audit.write(entry, site.audit_to, user)
    except PlacementError as error:
        say_all(error)
        return site.on_audit_error == OPEN
    return True


def site_of(folder: Folder) -> tuple[Site, PlacementError | None]:
    """The site; where its file is at fault that of the last good policy.

    Without one the defaults and the fault, for what submits nothing runs all the same.
    """
    try:
        return folder.site(), None
    except PlacementError as error:
        last_good = folder.last_good(error)
        return (last_good.site, None) if last_good else (Site(), error)


def refuse_loop(name: str, environ: "Mapping[str, str]") -> None:
    """Raises PlacementError `loop` if a wrapper became itself again, or wrappers stand in each other too deep."""
    process = f"{posix.getpid()}.{start_time()}"
    *outer, depth, outer_name = ["", "", *environ.get(GUARD, "").split(".", 3)][-4:]
    deep = int(depth) if depth.isdecimal() and len(depth) < 9 else 0
    if (".".join(outer), outer_name) == (process, name) or deep >= DEEPEST:
        message = f"the command behind the wrapper {quoted(name)} is, or starts, the same wrapper again"
        remedy = f"name the real one in site.yaml: commands: {{{name}: /path/to/{name}}}"
        raise PlacementError(Problem("loop", message, remedy=remedy))
    posix.putenv(GUARD, f"{process}.{deep + 1}.{name}")


def start_time() -> str:
    """When this process started, in clock ticks since boot: with the process id it names a process for good.

    An exec keeps both, a fork changes them. Source: proc(5), /proc/pid/stat, field 22.
    """
    try:
        with open("/proc/self/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return "0"  # no /proc here


def become(real: str, arguments: list[str]) -> int:
    """Replaces this process by the real command; returns 126 if the system refuses.

    What the interpreter changed at its start is put back: SIGPIPE and SIGXFSZ, and LC_CTYPE of a C locale (PEP 538).
    """
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    for number in _IGNORED:
        _signal.signal(number, _signal.SIG_IGN)
    try:
        with open("/proc/self/environ", "rb") as file:
            if not any(entry.startswith(b"LC_CTYPE=") for entry in file.read().split(b"\0")):
                posix.unsetenv("LC_CTYPE")
    except OSError:
        pass  # no /proc here
    try:
        try:
            posix.execv(real, [real, *arguments])
        except OSError as error:
            if error.errno != ENOEXEC:
                raise
            posix.execv("/bin/sh", ["/bin/sh", real, *arguments])  # no first line: as a shell would
    except OSError as error:
        say(f"error[exec]: {quoted(real)}: {error.strerror}")
        return NOT_EXECUTABLE


def say_refusal(decision: Decision) -> None:
    """The refusal, and what to type to see every rule that was tried, or what would have helped."""
    if decision.admission:
        say(f"{REJECT}[{decision.reason}]: {decision.message}")
        for way in decision.way_out:
            when = "run now" if way["outcome"] == RUN else "only have to wait"
            change, queue = way["change"], way["queue"]
            say(f"would {when}" + f" with {change}" * bool(change) + f" in {quoted(queue)}" * bool(queue))
        return
    command, request = decision.submission.command, decision.submission.request
    asked = f" --queue '{request.queue}'" if request else ""
    explain = f"placement explain -- {command.family} ..." if command else f"placement explain{asked}"
    say(f"{REJECT}[{decision.reason}]: {decision.message} (`{explain}` says more)")


def say_troubles(folder: Folder) -> None:
    """One line for each thing that is wrong although there is a policy."""
    for problem in folder.troubles:
        say(problem.in_one_line())


def say_all(error: PlacementError) -> None:
    """One line: the first problem, and how many more there are."""
    say(error.problems[0].in_one_line() + error.and_more())


def say(words: str) -> None:
    """One line on standard error; a closed standard error is not our trouble."""
    try:
        sys.stderr.write(f"placement: {visible(words)}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass
