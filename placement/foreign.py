"""Another policy executable in the engine's place: PNDA's contract, asked as a process. Adapter, standard library only.

The contract: `EXECUTABLE [REQUESTED]` prints a queue and exits 0; exits 2 if no rule is for the account that runs it,
3 if the requested queue is denied, each with a message; anything else is a fault.
"""

import os
import selectors
import signal
import subprocess
import time

from placement.decision import FIRST_MATCH, NO_RULE, REJECT, REQUEST_ALLOWED, REQUEST_DENIED, RUN, Decision
from placement.errors import PlacementError, Problem, quoted, visible
from placement.queues.names import full_name, is_unset
from placement.submission import Submission

LONGEST_S = 10.0  # that it may take to answer
MOST_BYTES = 16384  # that it may say on either stream
REFUSALS = {2: NO_RULE, 3: REQUEST_DENIED}


def decide(executable: str, submission: Submission, scheduler: str, decision_id: str) -> Decision:
    """What `executable` says of `submission`. Raises PlacementError `policy-exec` if it does not keep the contract.

    It is asked as whoever runs this process, so it cannot answer for a proxy user, nor for a principal.
    """
    identity = submission.identity
    if identity.how in ("--proxy-user", "--principal") and identity.user != identity.real_user:
        whom = "proxy user" if identity.how == "--proxy-user" else "principal's user"
        raise _fault(executable, f"cannot be asked about the {whom} {quoted(identity.user)}")
    request = submission.request
    if request and is_unset(request.queue):
        request = None
    status, said, complaint = _run([executable, request.queue] if request else [executable])
    words = visible((said.strip() or complaint.strip()).partition("\n")[0])
    if status in REFUSALS:
        message = f"{executable} says: {words}" if words else f"{executable} exits with {status}"
        return Decision(decision_id, submission, REJECT, REFUSALS[status], message, map_file=executable)
    if status != 0:
        raise _fault(executable, f"ended with {status}" + (f": {words}" if words else ""))
    queue = said.strip()
    if not queue.isprintable() or not queue or " " in queue:
        raise _fault(executable, f"answered {quoted(queue)}, which is no queue")
    queue = full_name(queue, scheduler)
    reason = REQUEST_ALLOWED if request else FIRST_MATCH
    message = f"{quoted(queue)} by {executable}"
    return Decision(decision_id, submission, RUN, reason, message, queue, candidates=(queue,), map_file=executable)


def _run(command: list[str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, both bounded. Raises PlacementError if it takes too long."""
    pipe, deadline = subprocess.PIPE, time.monotonic() + LONGEST_S
    try:
        # A session of its own, so that whatever it starts can be ended with it.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True)
    except (OSError, ValueError) as error:
        raise _fault(command[0], f"cannot be started: {getattr(error, 'strerror', None) or error}") from error
    try:
        said, complaint = _read(process, command[0], deadline)
        return process.wait(max(0.0, deadline - time.monotonic())), said, complaint
    except subprocess.TimeoutExpired as error:
        raise _slow(command[0]) from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _read(process: "subprocess.Popen[bytes]", executable: str, deadline: float) -> tuple[str, str]:
    """What the process says on its two streams until it closes them."""
    heard = [b"", b""]
    with selectors.DefaultSelector() as waiting:
        for number, stream in enumerate((process.stdout, process.stderr)):
            if stream:
                waiting.register(stream, selectors.EVENT_READ, number)
        while waiting.get_map():
            ready = waiting.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _slow(executable)
            for key, _ in ready:
                chunk = os.read(key.fd, MOST_BYTES)
                heard[key.data] += chunk
                if not chunk:
                    waiting.unregister(key.fileobj)
                if len(heard[key.data]) > MOST_BYTES:
                    raise _fault(executable, f"says more than {MOST_BYTES} bytes")
    return heard[0].decode("utf-8", "replace"), heard[1].decode("utf-8", "replace")


def _slow(executable: str) -> PlacementError:
    return _fault(executable, f"has not answered within {LONGEST_S:.0f} s")


def _fault(executable: str, what: str) -> PlacementError:
    remedy = "mend it, or take `policy` out of site.yaml to let the map decide"
    return PlacementError(Problem("policy-exec", f"{quoted(executable)} {what}", remedy=remedy))
