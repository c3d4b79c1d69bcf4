"""Who the ResourceManager will see: user and groups. Adapter on the hot path: standard library only.

Source of the order: Hadoop `UserGroupInformation` (simple authentication), Spark `SparkSubmit` (--proxy-user).
"""

import posix
import pwd

from placement.policy import PROCESS, STATIC, Site
from placement.submission import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def identify(site: Site, environ: "Mapping[str, str]", proxy_user: str | None = None) -> Identity:
    """The identity of whoever runs this process: the proxy user, then HADOOP_USER_NAME, then the real user id."""
    real_user = user_name(posix.getuid())
    if proxy_user:
        return identity_of(proxy_user, site, real_user, "--proxy-user")
    hadoop_user = environ.get("HADOOP_USER_NAME")
    if hadoop_user:
        return identity_of(hadoop_user, site, real_user, "HADOOP_USER_NAME")
    return identity_of(real_user, site, real_user, "process")


def identity_of(user: str, site: Site, real_user: str, how: str) -> Identity:
    """The identity of `user`, with groups from where the site says; a user nobody knows has none."""
    if site.groups == STATIC:
        groups = site.static_groups.get(user, ())
    elif site.groups == PROCESS and user == real_user:
        groups = _names((posix.getgid(), *posix.getgroups()))
    else:
        groups = _name_service_groups(user)
    return Identity(user, groups, real_user, how)


def user_name(uid: int) -> str:
    """The name of a user id; the number itself where the name service has none, as in containers."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _name_service_groups(user: str) -> tuple[str, ...]:
    try:
        primary = pwd.getpwnam(user).pw_gid
    except (KeyError, ValueError):  # ValueError: a NUL in the name
        return ()
    return _names((primary, *posix.getgrouplist(user, primary)))


def _names(group_ids: tuple[int, ...]) -> tuple[str, ...]:
    """Names of groups, each once, in order; a group without a name cannot be in a map, so it is left out."""
    import grp  # a library that sites with static groups do without

    names = []
    for group_id in dict.fromkeys(group_ids):
        try:
            names.append(grp.getgrgid(group_id).gr_name)
        except KeyError:
            continue
    return tuple(names)
