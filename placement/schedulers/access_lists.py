"""Access as Hadoop writes it: `user,user group,group`. Source: Hadoop `AccessControlList`."""

from collections.abc import Mapping
from functools import lru_cache

from placement.queues.queue import Access

NOBODY_TEXT = " "
_TRIMMED = "".join(map(chr, range(33)))  # what Java's `trim` takes away


def text(access: Access | None, roles: Mapping[str, Access]) -> tuple[str | None, tuple[str, ...]]:
    """The list of `access`, its roles as their members, and the names that no such list can hold.

    None: nothing is said. A single blank is nobody; groups alone open with a blank.
    """
    if access is None:
        return None, ()
    if access.everybody:
        return "*", ()
    members = [access, *(roles[name] for name in access.roles if name in roles)]
    users = dict.fromkeys(user for each in members for user in each.users)
    groups = dict.fromkeys(group for each in members for group in each.groups)
    lost = {user: None for user in users if _splits(user) or " " in user}
    kept = [user for user in users if user not in lost], [group for group in groups if not _splits(group)]
    lost |= {group: None for group in groups if _splits(group)}
    return " ".join(map(",".join, kept)).rstrip(" ") or NOBODY_TEXT, tuple(lost)


@lru_cache(4096)  # queues say the same again and again
def read(list_text: str) -> Access:
    """Whom a list means. Everything up to the first blank is of users; either part alone `*` is everybody.

    A name that is there twice counts once. `*` among other names is a name, which nobody has.
    """
    users, _, groups = list_text.partition(" ")
    if "*" in (users.strip(_TRIMMED), groups.strip(_TRIMMED)):
        return Access(everybody=True)
    return Access(users=_names(users), groups=_names(groups))


def _names(part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip(_TRIMMED) for name in part.split(",") if name.strip()))


def _splits(name: str) -> bool:
    """Whether a list would take a name for something else."""
    return "," in name or name != name.strip() or name in ("*", "")
