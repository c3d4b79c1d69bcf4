"""Who the ResourceManager will see: user and groups. Adapter on the hot path: standard library only.

Source of the order: Hadoop `UserGroupInformation.createLoginUser` and `HadoopLoginModule`, Spark `SparkSubmit`.
"""

import posix
import pwd

from placement.errors import PlacementError, Problem
from placement.policy import HONOUR, KERBEROS, NAME_SERVICE, PROCESS, STATIC, Site
from placement.submission import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from placement.submission import Reading

NAME_SERVICE_SWITCH = "/etc/nsswitch.conf"
LOCAL = frozenset(("files", "systemd", "altfiles", "compat", "db"))  # services that read files of this machine
TIMEOUT_S = 5  # for a name service that is somewhere else


def identify(site: Site, environ: "Mapping[str, str]", command: "Reading | None" = None) -> Identity:
    """The identity of whoever runs `command`, or this process.

    That is the proxy user of the command or of HADOOP_PROXY_USER; under Kerberos the short name of the principal that
    the command logs in by keytab; under simple authentication HADOOP_USER_NAME, if the site honours it; else the real
    user. Raises PlacementError `name-service` if that does not answer in TIMEOUT_S.
    """
    proxy_user, principal = (command.proxy_user, command.principal) if command else (None, None)
    candidates = [(proxy_user, "--proxy-user"), (environ.get("HADOOP_PROXY_USER"), "HADOOP_PROXY_USER")]
    if site.authentication == KERBEROS:
        candidates.append((short_name(principal) if principal else None, "--principal"))
    elif site.hadoop_user_name == HONOUR:
        candidates.append((environ.get("HADOOP_USER_NAME"), "HADOOP_USER_NAME"))
    user, how = next(((user, how) for user, how in candidates if user), (None, "process"))
    return identity_of(user, site, how)


def identity_of(user: str | None, site: Site, how: str) -> Identity:
    """The identity of `user`, None for whoever runs this process, with groups from where the site says.

    A user nobody knows has no groups. Raises PlacementError as `identify` does.
    """

    def names() -> tuple[str, ...]:
        real_user = user_name(posix.getuid())
        return (real_user, *_groups(real_user if user is None else user, real_user, site.groups))

    is_local = _is_local()
    real_user, *found = names() if is_local else _in_time(names)
    if user is None and not is_local and real_user.isdecimal():
        remedy = "see whether `id` answers, or give this account a name"
        message = f"the name service does not know user id {real_user}, and may be down"
        raise PlacementError(Problem("name-service", message, remedy=remedy))
    user = real_user if user is None else user
    groups = site.static_groups.get(user, ()) if site.groups == STATIC else tuple(found)
    return Identity(user, groups, real_user, how)


def groups_of(user: str, site: Site) -> tuple[str, ...]:
    """The groups of `user`, from where the site says; of others than who runs this, the name service. It may block."""
    return site.static_groups.get(user, ()) if site.groups == STATIC else _groups(user, "", NAME_SERVICE)


def user_name(uid: int) -> str:
    """The name of a user id; the number itself where the name service has none, as in containers."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def short_name(principal: str) -> str:
    """The user of a Kerberos principal `user/host@REALM`, by the rule DEFAULT of Hadoop's `auth_to_local`."""
    return principal.partition("@")[0].partition("/")[0]


def _groups(user: str, real_user: str, source: str) -> tuple[str, ...]:
    if source == STATIC:
        return ()
    if source == PROCESS and user == real_user:
        return _names((posix.getgid(), *posix.getgroups()))
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


def _is_local() -> bool:
    """Whether users and groups come from files of this machine, which never keep anybody waiting."""
    try:
        with open(NAME_SERVICE_SWITCH, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return True  # the C library takes files, then
    for line in lines:
        database, _, services = line.partition("#")[0].partition(":")
        if database.strip() in ("passwd", "group", "initgroups"):
            words = services.replace("[", " ").replace("]", " ").split()
            if not LOCAL.issuperset(word for word in words if "=" not in word):  # `[NOTFOUND=return]` is no service
                return False
    return True


def _in_time(names: "Callable[[], tuple[str, ...]]") -> list[str]:
    """What `names` gives, called in a child: nothing else can end a call into a name service that hangs."""
    reader, writer = posix.pipe()
    child = posix.fork()
    if not child:
        try:
            import _signal  # type: ignore[import-not-found] # see `shim.become`

            _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {_signal.SIGALRM})
            _signal.alarm(TIMEOUT_S)
            with open(writer, "wb") as pipe:
                pipe.write("\0".join((*names(), "")).encode("utf-8", "surrogateescape"))
        finally:
            posix._exit(0)
    posix.close(writer)
    with open(reader, "rb") as pipe:
        told = pipe.read().decode("utf-8", "surrogateescape")
    posix.waitpid(child, 0)
    if not told.endswith("\0"):
        message = f"the name service did not say within {TIMEOUT_S} s who this is and in which groups"
        remedy = "see whether `id` answers, or give `groups: {static: FILE}` in site.yaml"
        raise PlacementError(Problem("name-service", message, remedy=remedy))
    return told.split("\0")[:-1]
