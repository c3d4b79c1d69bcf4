"""The table of estimates on this gateway, and what it says of a submission. Adapter on the hot path: standard library.

Nothing here ever fails a command: without a table that can be trusted, what is asked for counts.
"""

import posix
import time

from placement.audit import masked
from placement.errors import Place, PlacementError, Problem
from placement.estimate.demand import MASTER, Asked
from placement.estimate.features import features_of, of_job, of_role, told
from placement.estimate.keys import is_own, keys_of
from placement.estimate.needed import Estimate, RoleNeed
from placement.estimate.row import ABSURD, WIDTH, Limits, Row, predict
from placement.estimate.table import DamagedError, Table
from placement.files import open_trusted
from placement.input_size import input_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from placement.estimate.prediction import Interval
    from placement.policy import Estimates
    from placement.submission import Reading, Submission

MOST_HELD = 2.0  # times the peak: a row holds more only if the last run that it knows ran out of memory


def add_estimate(submission: "Submission", settings: "Estimates", owner: "Callable[[], int]") -> Problem | None:
    """Gives `submission` its estimate, and with it the facts that conditions ask; says what is wrong with the table.

    `owner`: whose table it may be besides root's and this account's, a user id; it may raise OSError or ValueError.
    """
    reading = submission.command
    if reading is None or reading.asked is None or not reading.submits:
        return None
    try:
        descriptor = _opened(settings.table, owner)
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
    needs = []
    durations: list[Interval] = []
    volumes = []
    for role in asked.roles():
        keys = () if role.name == MASTER else tuple(key + role.name for key in chain)  # whose use nobody measures
        rows = rows_of(table, keys)
        prediction = predict(keys, rows, of_role(features, asked, role.name), Limits(), now_s)
        needs.append(RoleNeed(role, prediction, *_seen(keys, rows, prediction.runs)))
        durations += _finite(prediction.duration_s)
        volumes += [volume.middle for volume in _finite(prediction.read_bytes)]
    durations = durations or _of_whole(table, tuple(key + features["role"] for key in chain))
    is_learned = known_input is None and bool(volumes)
    return Estimate(needs, durations[0] if durations else None, sum(volumes) if is_learned else known_input, is_learned)


def rows_of(table: Table, keys: tuple[str, ...]) -> list[Row | None]:
    """The rows of a chain of keys; those of many jobs are not looked up where the job itself is known.

    What many jobs have in common is then of no account, and holds nothing (`rows.shared_row`). Raises DamagedError.
    """
    rows: list[Row | None] = []
    is_known = False
    for key in keys:
        row = None if is_known and not is_own(key) else _row(table, key)
        is_known = is_known or (row is not None and row.count > 0)
        rows.append(row)
    return rows


def _of_whole(table: Table, keys: tuple[str, ...]) -> "list[Interval]":
    """How long the job itself takes, where that is all that is known of it."""
    for key in keys:
        row = _row(table, key) if is_own(key) else None
        if found := _finite(row.duration_s() if row else None):
            return found
    return []


def _finite(interval: "Interval | None") -> "list[Interval]":
    """The interval, if it has numbers."""
    ends = (interval.low, interval.middle, interval.high) if interval else ()
    return [interval] if interval and all(end - end == 0 for end in ends) else []


def _seen(keys: tuple[str, ...], rows: list[Row | None], runs: int) -> tuple[float | None, bool]:
    """The largest peak of the job itself, None: not known; and whether its last run may have run out of memory."""
    own = [row for key, row in zip(keys, rows, strict=True) if row is not None and is_own(key)]
    peaks = [row.peak for row in own if row.peak > 0]
    if not runs or not peaks:
        return None, False
    return peaks[0], any(row.held >= MOST_HELD * peaks[0] for row in own)


def _row(table: Table, key: str) -> Row | None:
    numbers = table.find(key)
    if numbers is None:
        return None
    if any(number >= ABSURD or number <= -ABSURD for number in numbers):  # NaN: not known
        raise DamagedError("it says what cannot be")
    return Row(numbers)


def _opened(path: str, owner: "Callable[[], int]") -> int | None:
    """The table's descriptor, None if there is none. Raises PlacementError if it cannot be trusted."""
    opened = open_trusted(path)
    if opened is None:
        return None
    descriptor, status = opened
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
