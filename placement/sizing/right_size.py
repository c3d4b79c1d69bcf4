"""Requests made smaller for those who want it, and the line that tells what to ask for. Adapter on the hot path."""

from placement.errors import PlacementError, Problem, quoted
from placement.gateway import read_command
from placement.policy import OFFER
from placement.sizing.advice import Advice, advice_for, gib, may_shrink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from placement.decision import Decision
    from placement.policy import Estimates
    from placement.submission import Reading

RIGHT_SIZE = "PLACEMENT_RIGHT_SIZE"
YES, NO = "1", ("", "0")


def size(
    decision: "Decision", settings: "Estimates", name: str, real: str | None, environ: "Mapping[str, str]"
) -> tuple[str, Problem | None]:
    """Makes the request smaller, where the site offers that and `environ` asks for it; the decision then says so.

    Returns the line that the caller is to see, empty if there is nothing to say, and what is wrong with RIGHT_SIZE.
    """
    reading, known, trouble = decision.submission.command, decision.submission.estimate, None
    said = environ.get(RIGHT_SIZE, "")
    if said != YES and said not in NO:
        message = f"{RIGHT_SIZE} is {quoted(said)}, so the request stays as it was typed"
        trouble = Problem("bad-right-size", message, remedy=f"write {YES}, or take it out", severity="warning")
    if reading is None or known is None or decision.queue is None:
        return "", trouble
    advice = advice_for(reading, known)
    smaller = [each for each in advice if may_shrink(each)] if said == YES and settings.right_size == OFFER else []
    resized = _resized(reading, smaller, name, real, environ) if smaller else None
    lines = []
    if resized is not None:
        decision.submission.command = resized
        decision.right_sized = [{**each.as_data(), "message": _change(each)} for each in smaller]
        lines = [*map(_change, smaller), f"unset {RIGHT_SIZE} to ask for what you type"]
        advice = [each for each in advice if each not in smaller]
    lines += [each.text for each in advice] if settings.advises else []
    return "; ".join(lines), trouble


def _resized(
    reading: "Reading", advice: list[Advice], name: str, real: str | None, environ: "Mapping[str, str]"
) -> "Reading | None":
    """The command line with the smaller sizes in it, read again; None where it does not ask for just these then."""
    words = [word for each in advice for word in each.words]
    at = reading.position
    try:
        found = read_command(name, [*reading.arguments[:at], *words, *reading.arguments[at:]], real, environ)
    except PlacementError:
        return None
    if not found.submits or found.asked is None or reading.asked is None:
        return None
    wanted = {role.name: role.memory_mib for role in reading.asked.roles()}
    wanted |= {each.need.role.name: each.container_mib for each in advice}
    return found if {role.name: role.memory_mib for role in found.asked.roles()} == wanted else None


def _change(advice: Advice) -> str:
    need = advice.need
    given, asked = gib(advice.container_mib / 1024), gib(need.role.memory_mib / 1024)
    why = f"{' '.join(advice.words)}: {need.prediction.basis}"
    return f"{given} instead of {asked} GiB per {need.role.name} ({why})"
