"""Access as Hadoop writes it: `user,user group,group`. Source: Hadoop `AccessControlList`."""

from collections.abc import Mapping

from placement.queues.queue import Access

NOBODY_TEXT = " "


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
    kept_users = [name for name in users if not _splits(name) and " " not in name]
    kept_groups = [name for name in groups if not _splits(name)]
    lost = tuple(name for name in (*users, *groups) if name not in kept_users and name not in kept_groups)
    return f"{','.join(kept_users)} {','.join(kept_groups)}".rstrip() or NOBODY_TEXT, lost


def read(list_text: str) -> Access:
    """Whom a list means."""
    if list_text.strip() == "*":
        return Access(everybody=True)
    users, _, groups = list_text.partition(" ")
    return Access(users=_names(users), groups=_names(groups))


def _names(part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in part.split(",") if name.strip()))


def _splits(name: str) -> bool:
    return "," in name or name != name.strip() or name == "*"
