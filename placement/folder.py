"""A policy folder as those need it who decide: its index while that is fresh, else its files. Adapter on the hot path.

The index spares reading the files: as long as it is as fresh as they are, it is the policy. See docs/index.md.
"""

import posix

from placement import __version__
from placement.errors import PlacementError, Problem
from placement.files import MAP, QUEUES, SITE, fingerprint_of, is_open_to_all, join, mode_of
from placement.policy import Admission, Estimates, Policy, Site
from placement.rules.index import Index, open_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from placement.policy_files import PolicyFiles
    from placement.rules.index import Groups
    from placement.rules.match import RuleBook

DEFAULT_FOLDER = "/etc/placement"
SOURCES = (MAP, SITE, QUEUES)  # besides these, a file of static groups
INDEX = "map.index"


def find(environ: "Mapping[str, str]") -> str:
    """The path of the policy folder: PLACEMENT_POLICY, else /etc/placement."""
    return environ.get("PLACEMENT_POLICY") or DEFAULT_FOLDER


class Folder:
    """A policy folder. Whatever is asked of one Folder rests on one reading.

    `troubles` is what is wrong although there is a policy, to be said each time: an index that is refused, or files at
    fault in whose stead the last good policy stays in force.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.troubles: list[Problem] = []
        self._read_files: PolicyFiles | None = None
        self._site: Site | None = None
        self._policy: Policy | None = None
        self._is_looked_at = False
        self._index: Index | None = None  # intact and trusted, but fresh only if the next says so
        self._is_fresh = False
        self._is_kept = True  # whether reading the files may write the index

    def site(self) -> Site:
        """What site.yaml says; the defaults if there is none. Raises PlacementError with all its problems."""
        if self._site is None:
            index = self._fresh_index()
            self._site = _site_of(index) if index else self._files.site()
        return self._site

    def policy(self) -> Policy:
        """The whole policy: from the index if it is fresh, else from the files, for which an index is then written.

        If the files are at fault the last good policy stays in force, where an index has it, and `troubles` says so.
        Raises PlacementError with all problems of the first file that has any. Whether an index can be written is
        of no account: most of those who ask may not.
        """
        if self._policy is None:
            index = self._fresh_index()
            self._policy = self._policy_of(index) if index else self._policy_of_files()
        return self._policy

    def compile(self) -> Policy:
        """The policy of the files, as which an index is written, whatever there was.

        Raises PlacementError with the problems of the files, or `index-unwritten`.
        """
        self._is_looked_at = True
        policy = self._files.policy()
        from placement.rules.compile import unwritten

        try:
            is_written = self._write_index(policy)
        except OSError as error:
            raise unwritten(self._file(INDEX), error.strerror or str(error)) from error
        if not is_written:
            raise unwritten(self._file(INDEX), "the files have been changed meanwhile")
        return policy

    def last_good(self, error: PlacementError) -> Policy | None:
        """The policy that stays in force although the files have the problems of `error`; None if there is none."""
        self._fresh_index()
        if self._index is None:
            return None
        first = error.problems[0]
        message = (
            f"{first.message}{error.and_more()}; the last good policy, revision {self._index.revision}, stays in force"
        )
        self.troubles.append(Problem(first.code, message, first.place, first.remedy))
        self._policy = self._policy_of(self._index)
        return self._policy

    def owner(self) -> int:
        """Whose policy it is: the user id of the owner of the map, or of the folder while there is none.

        Raises OSError or ValueError if there is no folder either.
        """
        try:
            return posix.stat(self._file(MAP)).st_uid
        except (OSError, ValueError):
            return posix.stat(self.path or ".").st_uid

    def _fresh_index(self) -> Index | None:
        """The index, if it says what the files say; it is looked at once."""
        if not self._is_looked_at:
            self._is_looked_at = True
            try:
                self._index = self._trusted_index()
            except PlacementError as error:
                self._refuse(error)
                self._is_kept = error.problems[0].code != "index-newer"
            self._is_fresh = self._index is not None and self._is_as_files(self._index)
        return self._index if self._is_fresh else None

    def _trusted_index(self) -> Index | None:
        try:
            if is_open_to_all(mode_of(self.path or ".")):
                return None  # and neither is any of the files trusted, which is then said of them
            owner = self.owner()
        except (OSError, ValueError):
            return None
        return open_index(self._file(INDEX), owner, self._instead)

    def _instead(self, fault: PlacementError) -> "tuple[RuleBook, Groups]":
        """What the files say, for an index of which a part turned out to be at fault only when it was looked up."""
        if self._index:
            self._index, self._is_fresh = None, False
            self._site = self._policy = None
            self._refuse(fault)
        policy = self.policy()
        return policy.rules, policy.site.static_groups

    def _refuse(self, fault: PlacementError) -> None:
        found = fault.problems[0]
        message = f"{found.message}; the files themselves are read"
        self.troubles.append(Problem(found.code, message, found.place, found.remedy, "warning"))

    def _is_as_files(self, index: Index) -> bool:
        """Whether every file is the one that the index was made from, by the placement that this is."""
        try:
            now = {name: fingerprint_of(self._file(name)) for name in index.sources}
        except (OSError, ValueError):
            return False
        return index.program == __version__ and now == index.sources and all(name in now for name in SOURCES)

    def _policy_of(self, index: Index) -> Policy:
        index.file = self._file(MAP)  # as it was asked for this time
        site = self._site if self._site and self._is_fresh else _site_of(index)
        return Policy(index, site, index.revision)

    def _policy_of_files(self) -> Policy:
        try:
            policy = self._files.policy()
        except PlacementError as error:
            last_good = self.last_good(error)
            if last_good is None:
                raise
            return last_good
        try:
            if self._is_kept and posix.geteuid() in (0, self.owner()):
                self._write_index(policy)
        except (OSError, PlacementError):
            pass  # the files are read each time, then
        return policy

    def _write_index(self, policy: Policy) -> bool:
        """Writes the index of what was read; False, and nothing is written, if the files are something else by now."""
        from placement.rules.compile import image
        from placement.whole_file import NewFile, write_all

        files, site = self._files, policy.site
        content = image(
            files.placing_rules(), policy.revision, files.fingerprints, site.words(), site.commands, site.static_groups
        )
        if not files.are_settled():
            return False
        write_all([NewFile(self._file(INDEX), content, files.mode())])
        return True

    @property
    def _files(self) -> "PolicyFiles":
        if self._read_files is None:
            from placement.policy_files import PolicyFiles  # slow to import, and rarely needed

            self._read_files = PolicyFiles(self.path)
        return self._read_files

    def _file(self, name: str) -> str:
        return join(self.path, name)


def _site_of(index: Index) -> Site:
    settings = {name: word for name, word in index.settings.items() if name in Site.__slots__}
    waits, estimates = settings.pop("admission", None), settings.pop("estimates", None)
    site = Site(static_groups=index.static_groups, commands=index.commands, **settings)  # type: ignore[arg-type]
    site.admission = Admission.of_word(waits) if waits else None
    site.estimates = Estimates.of_word(estimates) if estimates else None
    return site
