"""A PostgreSQL of our own, from the binaries of Debian's package: on a Unix socket, in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.cluster.parts import MissingPart

BINARIES = Path("/usr/lib/postgresql")
PACKAGE = "postgresql"
USER = "postgres"  # the superuser of the new server; and who runs it where root, which it refuses, starts it


def binaries() -> Path:
    """The newest version's. Raises MissingPart."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise MissingPart(f"no PostgreSQL in {BINARIES}; sudo apt-get install --no-install-recommends {PACKAGE}")
    return found[-1].parent


class Postgres:
    """A running server; `with Postgres() as server`. `is_durable`: it brings to disk what is committed.

    What is committed outlives its processes in any case; without `is_durable` it might not outlive the machine.
    """

    def __init__(self, is_durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="placement-postgres-"))
        self._options = "" if is_durable else "-c fsync=off -c full_page_writes=off"
        self._count = 0

    def __enter__(self) -> "Postgres":
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
        try:
            self._run("initdb", "--auth=trust", "--no-sync", "--no-instructions", f"--username={USER}", self._data)
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder)

    def start(self) -> None:
        """Returns when it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c log_statement=none"
        log = self.folder / "log"
        self._run("pg_ctl", "-w", "-D", self._data, "-l", log, "-o", f"{options} {self._options}", "start")

    def stop(self, mode: str = "immediate") -> None:
        """`immediate`: as if it had been killed; `fast`: in order. Nothing where it does not run."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-D", self._data, "-m", mode, "stop")

    def database(self) -> str:
        """The address of a new, empty database."""
        self._count += 1
        name = f"ledger{self._count}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """As superuser; the rows, if there are any."""
        address = f"host={self.folder} user={USER} dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, name: str, *arguments: str | Path) -> None:
        """Not waiting for what it leaves running: output goes to a file."""
        account = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [binaries() / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                check=False,
                **account,
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{name} ended with {done.returncode}: {output.read().decode()}")
