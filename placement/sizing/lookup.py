"""The table of estimates on this gateway, and what it says of a submission. Adapter on the hot path: standard library.

Nothing here ever fails a command: without a table that can be trusted, what is asked for counts.
"""

import posix
import time

from placement.audit import masked
from placement.errors import Place, PlacementError, Problem
from placement.estimate.demand import MASTER, Asked
from placement.estimate.keys import is_own, keys_of
from placement.estimate.needed import Estimate, RoleNeed
from placement.estimate.predict import ABSURD, Limits, predict
from placement.estimate.prediction import interval
from placement.estimate.row import WIDTH, Row
from placement.estimate.table import DamagedError, Table
from placement.files import open_trusted
from placement.sizing.features import features_of, of_job, of_role, told
from placement.sizing.inputs import input_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from placement.estimate.prediction import Interval
    from placement.policy import Estimates
    from placement.submission import Reading, Submission


def add_estimate(submission: "Submission", settings: "Estimates", owner: "Callable[[], int]") -> Problem | None:
    """Gives `submission` its estimate, and with it the facts that conditions ask; says what is wrong with the table.

    `owner`: whose table it may be besides root's and this account's, a user id; it may raise OSError or ValueError.
    """
    reading = submission.command
    if reading is None or reading.asked is None or not reading.submits:
        return None
    try:
        descriptor = opened(settings.table, owner)
        if descriptor is None:
            return None
        try:
            table = Table(lambda size, place: posix.pread(descriptor, size, place), WIDTH)
            submission.estimate = estimate(table, reading, reading.asked, submission.identity.user, time.time())
        finally:
            posix.close(descriptor)
        submission.facts = {**submission.facts, **submission.estimate.facts()}
    except PlacementError as error:
        found = error.problems[0]
        return _instead(found.code, found.message, found.place or Place(settings.table))
    except DamagedError as error:
        return _instead("estimates-damaged", str(error), Place(settings.table))
    except (OSError, ValueError, ArithmeticError) as error:  # a row whose numbers no run can have
        why = getattr(error, "strerror", None) or "it says what cannot be"
        return _instead("estimates-damaged", why, Place(settings.table))
    return None


def estimate(table: Table, reading: "Reading", asked: Asked, user: str, now_s: float) -> Estimate:
    """What `table` makes of a command line of `user`. Raises DamagedError, ValueError or ArithmeticError."""
    arguments = reading.application_arguments
    known_input = input_bytes(arguments)
    features = features_of(reading, asked, user, masked(told(arguments)), known_input)
    chain = of_job(
        reading, keys_of({**features, "role": ""})
    )  # INVARIANT role-is-last: a role is the end of each of its keys
    find = finder(table)
    needs = []
    durations: list[Interval] = []
    volumes = []
    for role in asked.roles():
        keys = () if role.name == MASTER else tuple(key + role.name for key in chain)  # whose use nobody measures
        prediction = predict(keys, find, of_role(features, asked, role.name), Limits(), now_s)
        needs.append(RoleNeed(role, prediction))
        durations += [prediction.duration_s] if prediction.duration_s else []
        volumes += [prediction.read_bytes.middle] if prediction.read_bytes else []
    durations = durations or [*_of_whole(find, tuple(key + features["role"] for key in chain))]
    is_learned = known_input is None and bool(volumes)
    return Estimate(needs, durations[0] if durations else None, sum(volumes) if is_learned else known_input, is_learned)


def finder(table: Table) -> "Callable[[str], Row | None]":
    """What gives the row of a key out of `table`, None if it has none; it raises DamagedError."""

    def find(key: str) -> Row | None:
        numbers = table.find(key)
        if numbers is None:
            return None
        if max(numbers) >= ABSURD or min(numbers) <= -ABSURD:
            raise DamagedError("it says what cannot be")
        return Row(numbers)

    return find


def _of_whole(find: "Callable[[str], Row | None]", keys: tuple[str, ...]) -> "Iterator[Interval]":
    """How long the job itself takes, where that is all that is known of it."""
    for row in (find(key) for key in keys if is_own(key)):
        duration = interval(row.duration_low, row.duration, row.duration_high) if row else None
        if duration:
            yield duration


def opened(path: str, owner: "Callable[[], int]") -> int | None:
    """The table's descriptor, None if there is none. Raises PlacementError if it cannot be trusted."""
    found = open_trusted(path)
    if found is None:
        return None
    descriptor, status = found
    if status.st_uid in (0, posix.geteuid()):
        return descriptor
    try:
        if status.st_uid == owner():
            return descriptor
    except (OSError, ValueError):
        pass  # there is no policy to have an owner
    posix.close(descriptor)
    message = f"it belongs to user id {status.st_uid}, not to root, the policy's owner or this account"
    raise PlacementError(Problem("estimates-owner", message, Place(path)))


def _instead(code: str, message: str, place: Place) -> Problem:
    remedy = "see `table` of `estimates` in site.yaml; `placement learn` writes it anew"
    return Problem(code, f"{message}; what is asked for counts", place, remedy, "warning")
