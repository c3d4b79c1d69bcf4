"""What is to be decided, as plain values: who submits, what was typed, which queue was asked for.

Part of the hot path: standard library only.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.commands.base import Reading


class Identity:
    """Who the ResourceManager will see: `user`, and `groups` with the primary one first.

    `real_user` is the account that typed; `how` says where the user was found (`process`, `HADOOP_USER_NAME`, ...).
    """

    __slots__ = ("groups", "how", "real_user", "user")

    def __init__(self, user: str, groups: tuple[str, ...], real_user: str, how: str) -> None:
        self.user = user
        self.groups = groups
        self.real_user = real_user
        self.how = how

    def as_data(self) -> dict[str, object]:
        return {
            "user": self.user,
            "groups": list(self.groups),
            "real_user": self.real_user,
            "how": self.how,
        }


class Request:
    """A queue somebody asked for, as they wrote it, and where: `--queue`, `spark.yarn.queue in --conf`, ..."""

    __slots__ = ("queue", "source")

    def __init__(self, queue: str, source: str) -> None:
        self.queue = queue
        self.source = source

    def as_data(self) -> dict[str, str]:
        return {"queue": self.queue, "source": self.source}


class Submission:
    """One thing to decide. `request` None: no queue was asked for. `command` None: no command is known."""

    __slots__ = ("command", "identity", "request")

    def __init__(self, identity: Identity, request: Request | None = None, command: "Reading | None" = None) -> None:
        self.identity = identity
        self.request = request
        self.command = command
