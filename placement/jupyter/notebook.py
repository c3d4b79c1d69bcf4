"""The queue that a notebook asks for in its metadata: `{"placement": {"queue": "root.x"}}`. Adapter."""

import json
from pathlib import Path

from placement.errors import PlacementError, Problem, quoted

SESSION = "JPY_SESSION_NAME"  # the notebook's path, in the environment that a Jupyter server gives its kernel
KEY = "placement"
LARGEST = 64 * 2**20  # bytes


def queue_of(path: str | None) -> str | None:
    """The queue that the notebook at `path` asks for; None if it asks for none, or is none of ours to read.

    Raises PlacementError `notebook-queue` if what it asks for is no queue.
    """
    if not path or not path.endswith(".ipynb"):
        return None
    file = Path(path)
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            return None
        said = json.loads(file.read_bytes())["metadata"][KEY]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    queue = said.get("queue") if isinstance(said, dict) else None
    if queue is None:
        return None
    if not isinstance(queue, str) or not queue.strip():
        message = f"the metadata of {quoted(file.name)} ask for a queue that is none: {quoted(json.dumps(queue))}"
        remedy = f'write "{KEY}": {{"queue": "root.x"}} there, or take it out'
        raise PlacementError(Problem("notebook-queue", message, remedy=remedy))
    return queue.strip()
