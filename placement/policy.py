"""A policy as plain values: the rules, and what this site says of itself. Part of the hot path: standard library only.

Reading a folder into a policy is the work of `placement.folder`.
"""

from placement.queues.names import FAIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Protocol

    from placement.rules.index import Groups
    from placement.rules.match import RuleBook

    class Book(RuleBook, Protocol):
        """The rules of a parsed map, or of its index; `file` is the map's path as messages show it."""

        file: str


CLOSED: "Final" = "closed"
OPEN: "Final" = "open"
PROCESS: "Final" = "process"
NAME_SERVICE: "Final" = "name-service"
STATIC: "Final" = "static"
SIMPLE: "Final" = "simple"
KERBEROS: "Final" = "kerberos"
HONOUR: "Final" = "honour"
REMOVE: "Final" = "remove"
NO: "Final" = "no"
MASKED: "Final" = "masked"
NOWHERE: "Final" = "none"
HISTORY: "Final" = "/var/lib/placement/history"


class Site:
    """What `site.yaml` says, a word each; the defaults are those of a site without one.

    `groups` is PROCESS, NAME_SERVICE or STATIC, the last with `static_groups` {user: (primary group, others...)}.
    `commands` {name: path} names real commands that are not to be looked for on PATH. `on_error` is CLOSED or OPEN.
    `policy_exec` is the path of an executable that decides in the place of the map. `authentication` is SIMPLE or
    KERBEROS, `hadoop_user_name` HONOUR or REMOVE. `audit_to` is where the audit trail goes, or NOWHERE;
    `audit_arguments` NO or MASKED, `on_audit_error` CLOSED or OPEN. `resource_managers` are addresses,
    `http://HOST:PORT`; none: yarn-site.xml says them. `scheduler_file` is what the scheduler is told by; None:
    yarn-site.xml says it. `history` is the folder that keeps what it was told. An index does not have these three.
    """

    __slots__ = (
        "audit_arguments",
        "audit_to",
        "authentication",
        "commands",
        "groups",
        "hadoop_user_name",
        "history",
        "on_audit_error",
        "on_error",
        "policy_exec",
        "resource_managers",
        "scheduler",
        "scheduler_file",
        "static_groups",
    )

    def __init__(
        self,
        scheduler: str = FAIR,
        groups: str = PROCESS,
        static_groups: "Groups | None" = None,
        commands: dict[str, str] | None = None,
        on_error: str = CLOSED,
        policy_exec: str | None = None,
        authentication: str = SIMPLE,
        hadoop_user_name: str = HONOUR,
        audit_to: str = NOWHERE,
        audit_arguments: str = NO,
        on_audit_error: str = OPEN,
        resource_managers: tuple[str, ...] = (),
        scheduler_file: str | None = None,
        history: str = HISTORY,
    ) -> None:
        self.scheduler = scheduler
        self.groups = groups
        self.static_groups: Groups = {} if static_groups is None else static_groups
        self.commands = commands or {}
        self.on_error = on_error
        self.policy_exec = policy_exec
        self.authentication = authentication
        self.hadoop_user_name = hadoop_user_name
        self.audit_to = audit_to
        self.audit_arguments = audit_arguments
        self.on_audit_error = on_audit_error
        self.resource_managers = resource_managers
        self.scheduler_file = scheduler_file
        self.history = history

    def words(self) -> dict[str, str]:
        """{setting: word} of all that is said in one word, as `Site(**words)` takes it: what an index holds."""
        found = {name: getattr(self, name) for name in self.__slots__ if name not in ("scheduler_file", "history")}
        return {name: word for name, word in found.items() if isinstance(word, str)}


class Policy:
    """The rules, the site, and the `revision`: twelve hexadecimal digits that change with any byte of the folder."""

    __slots__ = ("revision", "rules", "site")

    def __init__(self, rules: "Book", site: Site, revision: str) -> None:
        self.rules = rules
        self.site = site
        self.revision = revision
