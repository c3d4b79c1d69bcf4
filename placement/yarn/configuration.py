"""Where the ResourceManager is: `yarn-site.xml` of this gateway. Adapter; which files, and what they say, apart.

Sources: Hadoop `RMHAUtils.getRMHAWebappAddresses`, `WebAppUtils`, yarn-default.xml.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from placement.commands.hadoop_conf import Configuration
from placement.errors import PlacementError, Problem, quoted
from placement.policy import KERBEROS, Site
from placement.yarn import client

FOLDERS = ("HADOOP_CONF_DIR", "YARN_CONF_DIR")
DEFAULT_FOLDER = "/etc/hadoop/conf"
CORE, YARN = "core-site.xml", "yarn-site.xml"
EVERYWHERE = "0.0.0.0"  # noqa: S104 # what yarn-default.xml says: for a client that means this machine
LARGEST_FILE = 16 * 2**20  # bytes

NO_MANAGER = "no-resource-manager"

_RM = "yarn.resourcemanager"


def resource_manager(
    site: Site, environ: Mapping[str, str], user: str, timeout_s: float = client.TIMEOUT_S
) -> client.ResourceManager:
    """The ResourceManager of `site`, or else of `yarn-site.xml`, asked as `user`; under Kerberos as the ticket says.

    Raises PlacementError `no-resource-manager` or `no-gssapi`.
    """
    auth = client.spnego() if site.authentication == KERBEROS else client.simple(user)
    return client.ResourceManager(site.resource_managers or addresses(environ), timeout_s, auth)


def addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The ResourceManagers of the first folder of FOLDERS that has a yarn-site.xml, as `http://HOST:PORT`.

    Raises PlacementError `no-resource-manager` if there is no such file, or it does not say.
    """
    folders = _folders(environ)
    for folder in folders:
        yarn_site = _content(os.path.join(folder, YARN))
        if yarn_site is not None:
            return read(_content(os.path.join(folder, CORE)), yarn_site, environ)
    raise _unknown(f"no {YARN} in {' or '.join(map(quoted, folders))}")


def setting(environ: Mapping[str, str], key: str) -> tuple[str, str]:
    """The first folder of FOLDERS that has a yarn-site.xml, and what that says of `key`; empty: nothing, or no file.

    Raises PlacementError `no-resource-manager` if the file is none.
    """
    folders = _folders(environ)
    for folder in folders:
        yarn_site = _content(os.path.join(folder, YARN))
        if yarn_site is not None:
            with _readable():
                return folder, _value(_said(_content(os.path.join(folder, CORE)), yarn_site, environ), key)
    return folders[0], ""


def read(core_site: bytes | None, yarn_site: bytes, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The ResourceManagers that these files name. Raises PlacementError `no-resource-manager`."""
    with _readable():
        return _addresses(_said(core_site, yarn_site, environ))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise _unknown(str(error)) from error
    except PlacementError as error:  # of a reader whose remedy is for a submission
        if error.problems[0].code == NO_MANAGER:
            raise
        raise _unknown(error.problems[0].message) from error


def _said(core_site: bytes | None, yarn_site: bytes, environ: Mapping[str, str]) -> Configuration:
    said = Configuration(environ, lambda: environ.get("USER", ""))
    said.load(f"{_RM}.hostname", EVERYWHERE, "")
    for content, name in ((core_site, CORE), (yarn_site, YARN)):
        if content is not None:
            said.add(content, name)
    return said


def _folders(environ: Mapping[str, str]) -> list[str]:
    return [environ[name] for name in FOLDERS if environ.get(name)] or [DEFAULT_FOLDER]


def _addresses(said: Configuration) -> tuple[str, ...]:
    is_https = _value(said, "yarn.http.policy") == "HTTPS_ONLY"
    scheme, key, port = ("https", "webapp.https.address", 8090) if is_https else ("http", "webapp.address", 8088)
    suffixes = [""]
    if _value(said, f"{_RM}.ha.enabled").lower() == "true":
        ids = _value(said, f"{_RM}.ha.rm-ids").split(",")
        suffixes = [f".{each.strip()}" for each in ids if each.strip()]
    named = (_value(said, f"{_RM}.{key}{suffix}") or _value(said, f"{_RM}.hostname{suffix}") for suffix in suffixes)
    found = tuple(dict.fromkeys(f"{scheme}://{_with_port(each, port)}" for each in named if each))
    if not found:
        raise _unknown(f"{YARN} names no ResourceManager for `{_RM}.ha.rm-ids`")
    return found


def _value(said: Configuration, key: str) -> str:
    found = said.get(key)
    return found[0].strip() if found else ""


def _with_port(address: str, port: int) -> str:
    """`host:port` of an address with or without a port. Raises ValueError for anything else."""
    host, colon, given = address.rpartition(":")
    if not colon or address.endswith("]"):  # an IPv6 address stands in brackets
        host, given = address, str(port)
    if not host or not given.isdecimal() or any(character in host for character in "/@?#\\ ") or not host.isprintable():
        raise ValueError(f"{quoted(address)} is not HOST:PORT")
    return f"{'localhost' if host == EVERYWHERE else host}:{given}"


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unknown(f"{quoted(path)} cannot be read: {error.strerror or error}") from error


def _unknown(why: str) -> PlacementError:
    remedy = f"name the folder of {YARN} by HADOOP_CONF_DIR"
    return PlacementError(
        Problem("no-resource-manager", f"where the ResourceManager is cannot be told: {why}", remedy=remedy)
    )
