"""What is to be decided, as plain values: who submits, what was typed, which queue was asked for.

Part of the hot path: standard library only.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from placement.estimate.demand import Asked
    from placement.estimate.needed import Estimate
    from placement.rules.condition import Facts, Value


class Identity:
    """Who the ResourceManager will see: `user`, and `groups` with the primary one first, each once.

    `real_user` is the account that typed; `how` says where the user was found (`process`, `HADOOP_USER_NAME`, ...).
    """

    __slots__ = ("groups", "how", "real_user", "user")

    def __init__(self, user: str, groups: tuple[str, ...], real_user: str, how: str) -> None:
        self.user = user
        self.groups = tuple(dict.fromkeys(groups))
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


class SizeOption:
    """The option that says how large the containers of a role are: `words` are what is typed, `key` what it sets.

    `value` writes MiB as the command wants them. `glue`: what stands before the value in its word.
    """

    __slots__ = ("glue", "key", "option", "value")

    def __init__(self, key: str, option: str, glue: str, value: "Callable[[int], str]") -> None:
        self.key = key
        self.option = option
        self.glue = glue
        self.value = value

    def words(self, mib: int) -> list[str]:
        return [self.option, self.glue + self.value(mib)]


class Reading:
    """What a command line says, as its family read it.

    `family` is the command's plain name, whatever it was called by. `submits` False: nothing goes to YARN, `why` says
    so, and the rest may be missing. `position` is the index in `arguments` before which the decided queue goes; `tags`
    are the application tags asked for, as written; `principal` is whom a keytab logs in. `application_arguments` are
    the application's own business.
    `script` is the main class, or the last part of the application's path: what its runs are known by afterwards.
    `asked` is what it asks YARN for, None if that is not known; `asked_with` is what it would ask for with other values
    of some settings, and `sizes` are the options for the containers of its roles.
    """

    __slots__ = (
        "application",
        "application_arguments",
        "arguments",
        "asked",
        "asked_with",
        "deploy_mode",
        "family",
        "master",
        "name",
        "position",
        "principal",
        "proxy_user",
        "request",
        "script",
        "sizes",
        "submits",
        "tags",
        "why",
    )

    def __init__(self, family: str, arguments: list[str]) -> None:
        self.family = family
        self.arguments = arguments
        self.submits = False
        self.why = ""
        self.request: Request | None = None
        self.position = 0
        self.master: str | None = None
        self.deploy_mode: str | None = None
        self.application: str | None = None
        self.application_arguments: list[str] = []
        self.name: str | None = None
        self.proxy_user: str | None = None
        self.principal: str | None = None
        self.tags: str | None = None
        self.script: str | None = None
        self.asked: Asked | None = None
        self.asked_with: Callable[[Mapping[str, str]], Asked | None] = lambda _: None
        self.sizes: Mapping[str, SizeOption] = {}

    def facts(self) -> "dict[str, Value | None]":
        """What conditions may ask of the command, by the names of `rules.condition.FACTS`."""
        known: dict[str, Value | None] = {
            "command": self.family,
            "deploy_mode": self.deploy_mode,
            "name": self.name,
        }
        if self.asked and self.asked.is_whole:
            known["executors"] = float(self.asked.containers)
            known["memory"], known["vcores"] = self.asked.of_all()
        return known

    def passes(self, why: str) -> "Reading":
        """This reading, of a command line that submits nothing because of `why`."""
        self.submits = False
        self.why = why
        return self

    def as_data(self) -> dict[str, object]:
        return {
            "family": self.family,
            "submits": self.submits,
            "master": self.master,
            "deploy_mode": self.deploy_mode,
            "application": self.application,
            "script": self.script,
            "arguments": self.application_arguments,
            "name": self.name,
            "proxy_user": self.proxy_user,
        }


class Submission:
    """One thing to decide. `request` None: no queue was asked for. `command` None: no command is known.

    `facts` are what conditions may ask, by the names of `rules.condition.FACTS`; what is missing or None is not known.
    `estimate` is what the command is expected to need, None if nothing is known but what it asks for.
    """

    __slots__ = ("command", "estimate", "facts", "identity", "request")

    def __init__(
        self,
        identity: Identity,
        request: Request | None = None,
        command: Reading | None = None,
        facts: "Facts | None" = None,
    ) -> None:
        self.identity = identity
        self.request = request
        self.command = command
        self.facts = facts or {}
        self.estimate: Estimate | None = None

    def demand(self) -> dict[str, object] | None:
        """What the command asks for and what it is expected to need, as plain data; None without a command."""
        asked = self.command.asked if self.command else None
        if asked is None:
            return None
        memory_mib, vcores = asked.of_all() if asked.is_whole else (None, None)
        roles = [role.as_data() for role in asked.roles()]
        return {
            "asked": {"memory_mib": memory_mib, "vcores": vcores, "roles": roles},
            "estimated": self.estimate.as_data() if self.estimate else None,
        }
