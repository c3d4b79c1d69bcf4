"""A real MIT KDC on loopback, with a realm of its own in a folder; nothing of this machine's Kerberos is touched."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.cluster import keeper
from tests.engines.parts import kerberos_root

REALM = "TEST.LOCAL"
SERVICE = "HTTP/localhost"  # a client asks for a ticket of the host in the URL
_START_LIMIT_S = 30


class Kdc:
    """Up inside its `with` block. `principals` are made with a random key each; `keytab` has them all.

    `of`: another one whose realm and keys it shares; `ahead_s`: how far its clock is before this machine's.
    """

    def __init__(self, folder: Path, principals: tuple[str, ...], of: Self | None = None, ahead_s: int = 0) -> None:
        self._folder = folder
        self._database = of._database if of else folder / "principal"
        self._principals = principals
        self._ahead_s = ahead_s
        self.keytab = of.keytab if of else folder / "keytab"
        self.krb5_conf = folder / "krb5.conf"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._address = ("127.0.0.1", port)
        folder.mkdir(parents=True, exist_ok=True)
        self.krb5_conf.write_text(_krb5_conf(port))
        (folder / "kdc.conf").write_text(_kdc_conf(port, self._database))

    def __enter__(self) -> Self:
        if not self._database.exists():
            self._make_realm()
        log_file = self._folder / "krb5kdc.log"
        command = [sys.executable, "-I", "-S", keeper.__file__, _tool("krb5kdc"), "-n", "-T", str(self._ahead_s)]
        with open(log_file, "wb") as log:
            environ = self._environment()
            self._keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ)
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._is_up():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"the KDC is not up: {log_file.read_text()[-3000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.stdin.close()
        self._keeper.wait()

    def environment(self, cache: Path | None) -> dict[str, str]:
        """What a client needs to use the tickets in a file; None: it has none."""
        return {"KRB5_CONFIG": str(self.krb5_conf), "KRB5CCNAME": f"FILE:{cache or self._folder / 'no-such-cache'}"}

    def kinit(self, principal: str, life_s: int = 3600) -> Path:
        """The file of a new ticket cache."""
        cache = self._folder / f"cache-{principal.replace('/', '-')}-{time.monotonic_ns()}"
        self._run("kinit", "-l", f"{life_s}s", "-k", "-t", str(self.keytab), principal, cache=cache)
        return cache

    def _make_realm(self) -> None:
        self._run("kdb5_util", "create", "-s", "-W", "-P", os.urandom(16).hex())
        for principal in self._principals:
            self._run("kadmin.local", "addprinc", "-randkey", principal)
            self._run("kadmin.local", "ktadd", "-k", str(self.keytab), principal)

    def _run(self, name: str, *arguments: str, cache: Path | None = None) -> None:
        environ = self._environment(cache)
        command = [_tool(name), *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"{name} ended with status {done.returncode}: {done.stderr}")

    def _environment(self, cache: Path | None = None) -> dict[str, str]:
        libraries = next(kerberos_root().glob("usr/lib/*/krb5")).parent
        own = {"KRB5_KDC_PROFILE": str(self._folder / "kdc.conf"), "LD_LIBRARY_PATH": str(libraries)}
        return self.environment(cache) | own

    def _is_up(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(self._address) == 0


def _tool(name: str) -> str:
    (found,) = kerberos_root().glob(f"usr/*bin/{name}")
    return str(found)


def _krb5_conf(port: int) -> str:
    return f"""\
[libdefaults]
  default_realm = {REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  clockskew = 300
[realms]
  {REALM} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  localhost = {REALM}
"""


def _kdc_conf(port: int, database: Path) -> str:
    plugins = next(kerberos_root().glob("usr/lib/*/krb5/plugins/kdb"))
    return f"""\
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {REALM} = {{
    database_module = own
    key_stash_file = {database}.stash
    supported_enctypes = aes256-cts:normal
    max_life = 1d
  }}
[dbmodules]
  db_module_dir = {plugins}
  own = {{
    db_library = db2
    database_name = {database}
  }}
"""
