"""A ResourceManager whose web interface wants Kerberos (SPNEGO) and speaks HTTPS; its RPC stays simple, it has no node.

Sources: Hadoop `AuthenticationFilterInitializer`, `RMWebAppUtil.setupSecurityAndFilters`, `WebAppUtils`.
"""

import socket
import subprocess
from pathlib import Path

import requests

from tests.cluster import configuration, parts
from tests.cluster.yarn import Yarn
from tests.engines.kdc import REALM, SERVICE, Kdc

_AUTH = "hadoop.http.authentication"
_PASSWORD = "changeit"


class SpnegoYarn(Yarn):
    """`authority` is the file of the certificate that whoever connects has to trust; for the rest see Yarn."""

    def __init__(self, kdc: Kdc, scheduler_file: Path | str | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        site = {
            "hadoop.http.filter.initializers": "org.apache.hadoop.security.AuthenticationFilterInitializer",
            f"{_AUTH}.type": "kerberos",
            f"{_AUTH}.kerberos.principal": f"{SERVICE}@{REALM}",
            f"{_AUTH}.kerberos.keytab": str(kdc.keytab),
            "yarn.http.policy": "HTTPS_ONLY",
            "yarn.resourcemanager.webapp.https.address": f"localhost:{port}",
        }
        super().__init__(scheduler_file=scheduler_file, yarn_site=site)
        self._kdc = kdc
        self.url = f"https://localhost:{port}"  # the name in the certificate and in the ticket
        self.authority = _certify(self.directory)
        ssl_server = {
            "ssl.server.keystore.location": f"{self.directory}/server.p12",
            "ssl.server.keystore.type": "pkcs12",
            "ssl.server.keystore.password": _PASSWORD,
            "ssl.server.keystore.keypassword": _PASSWORD,
        }
        (self.conf_dir / "ssl-server.xml").write_text(configuration.xml(ssl_server))

    def environment(self, user: str) -> dict[str, str]:
        own = {"JDK_JAVA_OPTIONS": f"-Djava.security.krb5.conf={self._kdc.krb5_conf}"}
        return super().environment(user) | own

    def _start(self, name: str) -> None:
        if name == "resourcemanager":
            super()._start(name)

    def _is_up(self) -> bool:
        try:
            answer = self._http.get(f"{self.url}/ws/v1/cluster/info", verify=str(self.authority), timeout=10)
        except requests.ConnectionError:
            return False
        return answer.status_code == 401


def _certify(folder: Path) -> Path:
    """Makes an authority of our own and, in server.p12, a key of localhost with its certificate."""
    signing = ("-ext", "bc:c", "-ext", "ku:c=keyCertSign")
    authority, server = folder / "authority.p12", folder / "server.p12"
    pem, request, signed = folder / "authority.pem", folder / "request.pem", folder / "signed.pem"
    new = ("-genkeypair", "-keyalg", "EC", "-validity", "30")
    _keytool(authority, *new, "-alias", "authority", "-dname", "CN=An authority of our own", *signing)
    _keytool(server, *new, "-alias", "server", "-dname", "CN=localhost")
    _keytool(authority, "-exportcert", "-alias", "authority", "-rfc", "-file", pem)
    _keytool(server, "-certreq", "-alias", "server", "-file", request)
    names = ("-ext", "san=dns:localhost", "-infile", request, "-outfile", signed)
    _keytool(authority, "-gencert", "-alias", "authority", "-validity", "30", "-rfc", *names)
    _keytool(server, "-importcert", "-noprompt", "-alias", "authority", "-file", pem)
    _keytool(server, "-importcert", "-noprompt", "-alias", "server", "-file", signed)
    return pem


def _keytool(store: Path, *arguments: str | Path) -> None:
    where = ("-keystore", store, "-storetype", "pkcs12", "-storepass", _PASSWORD)
    command = [parts.java_home() / "bin" / "keytool", *arguments, *where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"keytool {arguments[0]} ended with status {done.returncode}: {done.stdout}{done.stderr}")
