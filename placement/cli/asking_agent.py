"""What commands share that ask the agent: where it listens, one question, and times in words."""

from typing import Any

from placement.agent_socket import ask, refused
from placement.errors import PlacementError, Problem
from placement.folder import Folder
from placement.policy import Site
from placement.policy_files import PolicyFiles

WITHIN_S = 10.0
UNKNOWN = "-"


def answer_of(policy_folder: str, site: Site, request: dict[str, Any], expected: tuple[str, ...] = ()) -> Any:
    """The agent's answer, or one with the `error`, if that is one of `expected`.

    Raises PlacementError: `admission-off`, what `agent_socket.ask` raises, and `agent-refuses` for any other error.
    """
    if site.admission is None:
        remedy = "write `admission: {}` there, and start `placement agent`"
        raise PlacementError(Problem("admission-off", "site.yaml has no `admission`, so nothing waits", remedy=remedy))
    try:
        owner = Folder(policy_folder).owner()
    except (OSError, ValueError):
        owner = 0
    answer = ask(site.admission.socket, owner, request, WITHIN_S)
    if "error" in answer and answer["error"] not in expected:
        raise refused(site.admission.socket, answer)
    return answer


def site_of(policy_folder: str) -> Site:
    """Raises PlacementError with the faults of site.yaml."""
    return PolicyFiles(policy_folder).site()


def text(said: Any, key: str) -> str:
    """A text of an answer; `-` if it is not there."""
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, str) and value else UNKNOWN


def number(said: Any, key: str) -> float | None:
    """A number of an answer, None if it is not there."""
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def objects(said: Any, key: str) -> list[dict[str, Any]]:
    """A list of objects of an answer; what is none is left out."""
    value = said.get(key) if isinstance(said, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
