"""A policy folder, read: files in, a Policy out. Adapter; the grammars are imported only when a file asks for them."""

import hashlib
import os
import stat

from placement.errors import Place, PlacementError, Problem
from placement.policy import Policy, Site
from placement.rules.model import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FOLDER = "/etc/placement"
MAP, SITE = "map.txt", "site.yaml"
LARGEST_FILE = 64 * 2**20  # bytes; a map of 100,000 rules has four million


def find(environ: "Mapping[str, str]") -> str:
    """The path of the policy folder: PLACEMENT_POLICY, else /etc/placement."""
    return environ.get("PLACEMENT_POLICY") or DEFAULT_FOLDER


class Folder:
    """A policy folder. Each file is read once, so that everything said of it rests on the same bytes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._sources: dict[str, bytes | None] = {}
        self._site: Site | None = None

    def site(self) -> Site:
        """What site.yaml says; the defaults if there is none. Raises PlacementError with all its problems."""
        if self._site is None:
            self._site = self._read_site()
        return self._site

    def rules(self) -> tuple[Rules, tuple[Problem, ...]]:
        """The rules of map.txt and the warnings about them. Raises PlacementError with all its problems."""
        source = self._read(MAP)
        if source is None:
            remedy = "write rules there, or set PLACEMENT_POLICY or --policy to the folder that has them"
            raise PlacementError(Problem("no-map", "there is no such file", Place(self._file(MAP)), remedy))
        from placement.rules import grammar

        return grammar.parse(source, self._file(MAP))

    def policy(self) -> Policy:
        """The whole policy. Raises PlacementError with all problems of the first file that has any."""
        site = self.site()
        rules, _ = self.rules()
        return Policy(rules, site, self.revision())

    def revision(self) -> str:
        """Twelve hexadecimal digits that change with any byte of the files that were read."""
        digest = hashlib.sha256()
        for name, source in sorted(self._sources.items()):
            if source is not None:
                digest.update(b"%d %s %d " % (len(name), os.fsencode(name), len(source)) + source)
        return digest.hexdigest()[:12]

    def _read_site(self) -> Site:
        source = self._read(SITE)
        if source is None:
            return Site()
        from placement import site as site_file

        site, groups_name = site_file.read(source, self._file(SITE))
        if groups_name:
            groups = self._read(groups_name)
            if groups is None:
                remedy = f"write it, or change `groups` in {self._file(SITE)}"
                raise PlacementError(
                    Problem("no-groups", "there is no such file", Place(self._file(groups_name)), remedy)
                )
            site.static_groups = site_file.read_groups(groups, self._file(groups_name))
        return site

    def _file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _read(self, name: str) -> bytes | None:
        if name not in self._sources:
            self._sources[name] = _trusted_bytes(self._file(name))
        return self._sources[name]


def _trusted_bytes(path: str) -> bytes | None:
    """The content of a regular file that not everybody may write or replace; None if there is none.

    Raises PlacementError for anything else. Never waits: a FIFO in the file's place is refused, not opened for reading.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(path, "it is no regular file")
        for name, mode in ((path, status.st_mode), _mode_of_folder(path)):
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                remedy = f"take the right away: chmod o-w {name}"
                raise PlacementError(Problem("writable-by-all", "everybody may write here", Place(name), remedy))
        if status.st_size > LARGEST_FILE:
            raise _unreadable(path, f"it has {status.st_size} bytes, more than any policy needs")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    finally:
        os.close(descriptor)


def _mode_of_folder(path: str) -> tuple[str, int]:
    folder = os.path.dirname(path) or "."
    return folder, os.stat(folder).st_mode


def _unreadable(path: str, why: str) -> PlacementError:
    remedy = "give this user the right to read it, or name another folder by PLACEMENT_POLICY"
    return PlacementError(Problem("unreadable", f"this file cannot be read: {why}", Place(path), remedy))
