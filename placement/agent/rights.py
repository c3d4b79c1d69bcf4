"""What the policy says of those who ask: who is an administrator, whose priority counts, and how much."""

from collections.abc import Callable
from dataclasses import dataclass

from placement.agent.desk import Peer
from placement.agent.protocol import Submit
from placement.policy import HONOUR, SIMPLE, Admission, Site


@dataclass(frozen=True, slots=True)
class Policy:
    """What the desk needs of the policy: its `site`, its `revision`, and in which roles a user of groups is."""

    site: Site
    admission: Admission
    revision: str
    roles_of: Callable[[str, tuple[str, ...]], tuple[str, ...]]


class Rights:
    """By `policy`."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def is_administrator(self, peer: Peer) -> bool:
        """Whether it may see and cancel what others wait for."""
        named = self.policy.admission.administrators
        is_in_group = bool({*peer.groups} & {*named.get("groups", ())})
        return peer.uid == 0 or peer.account in named.get("users", ()) or is_in_group

    def who(self, request: Submit, peer: Peer) -> str:
        """Whose priority counts: that of the user it is for, where the site believes such words; else the account's."""
        site = self.policy.site
        believes = site.authentication == SIMPLE and site.hadoop_user_name == HONOUR
        return request.user if believes or self.is_administrator(peer) else peer.account

    def needs_groups(self) -> bool:
        """Whether a priority depends on them."""
        return bool(self.policy.admission.priorities.get("groups") or self.policy.admission.priorities.get("roles"))

    def priority(self, request: Submit, peer: Peer, groups: tuple[str, ...], queue: str) -> int:
        """The priority of a submission for `queue`, of whoever counts, who is in `groups`."""
        user, admission = self.who(request, peer), self.policy.admission
        roles = self.policy.roles_of(user, groups) if admission.priorities.get("roles") else ()
        return admission.priority(user, groups, roles, queue, request.priority)
