"""A policy folder: files in, a Policy out. Adapter; the grammars are imported only when a file asks for them.

The index of a folder spares reading it: as long as it is as fresh as the files, it is the policy. See docs/index.md.
"""

import posix

from placement import __version__
from placement.errors import Place, PlacementError, Problem
from placement.files import fingerprint_of, is_open_to_all, join, mode_of, trusted_bytes
from placement.policy import Policy, Site
from placement.queues.names import full_name
from placement.rules.index import ENCODING, Index, open_index
from placement.rules.model import ROLE, Rule, Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from placement.queues.tree import Tree
    from placement.rules.index import Fingerprint, Groups
    from placement.rules.match import RuleBook
    from placement.rules.model import Role

DEFAULT_FOLDER = "/etc/placement"
MAP, SITE, QUEUES = "map.txt", "site.yaml", "queues.yaml"
SOURCES = (MAP, SITE, QUEUES)  # besides these, a file of static groups
INDEX = "map.index"
SETTLED_S = 0.05  # seconds after which another edit gets another time stamp; the kernel's clock for files ticks in 0.01


def find(environ: "Mapping[str, str]") -> str:
    """The path of the policy folder: PLACEMENT_POLICY, else /etc/placement."""
    return environ.get("PLACEMENT_POLICY") or DEFAULT_FOLDER


class Folder:
    """A policy folder. Each file is read once, so that everything said of it rests on the same bytes.

    `troubles` is what is wrong although there is a policy, to be said each time: an index that is refused, or files at
    fault in whose stead the last good policy stays in force. Without the index it is what the files say, and no other.
    """

    def __init__(self, path: str, with_index: bool = True) -> None:
        self.path = path
        self.troubles: list[Problem] = []
        self._sources: dict[str, bytes | None] = {}
        self._fingerprints: dict[str, Fingerprint | None] = {}
        self._site: Site | None = None
        self._queues: tuple[Tree | None, dict[str, Role]] | PlacementError | None = None
        self._policy: Policy | None = None
        self._is_looked_at = not with_index
        self._index: Index | None = None  # intact and trusted, but fresh only if the next says so
        self._is_fresh = False
        self._is_kept = True  # whether reading the files may write the index

    def site(self) -> Site:
        """What site.yaml says; the defaults if there is none. Raises PlacementError with all its problems."""
        if self._site is None:
            index = self._fresh_index()
            self._site = _site_of(index) if index else self._read_site()
        return self._site

    def rules(self) -> "tuple[Rules, tuple[Problem, ...]]":
        """The rules of map.txt, itself, and the warnings about them. Raises PlacementError with all its problems."""
        source = self._read(MAP)
        if source is None:
            remedy = "write rules there, or set PLACEMENT_POLICY or --policy to the folder that has them"
            raise PlacementError(Problem("no-map", "there is no such file", Place(self._file(MAP)), remedy))
        _reach_libraries()
        from placement.rules import grammar

        rules, warnings = grammar.parse(source, self._file(MAP))
        return Rules(rules.file, rules.rules, self.queues()[1]), warnings

    def placing_rules(self) -> "Rules":
        """The rules as they decide: every role known, every queue by its full path where queues.yaml can tell.

        Raises PlacementError with the problems of the files, and `unknown-role`.
        """
        site = self.site()
        if site.policy_exec:
            return Rules(self._file(MAP), ())
        rules, _ = self.rules()
        if any(rule.kind == ROLE for rule in rules.rules):
            from placement.rules import lint

            lint.refuse_unknown_roles(rules)
        tree = self.queues()[0]
        if tree is None:
            return rules
        named = (full_name(rule.queue, site.scheduler, tree) for rule in rules.rules)
        resolved = (
            Rule(rule.kind, rule.name, queue, rule.line, rule.text, rule.condition)
            for rule, queue in zip(rules.rules, named, strict=True)
        )
        return Rules(rules.file, tuple(resolved), rules.roles)

    def queues(self) -> "tuple[Tree | None, dict[str, Role]]":
        """The queue tree (None: none is given) and the roles of queues.yaml. Raises PlacementError with its faults."""
        if self._queues is None:
            try:
                self._queues = self._read_queues()
            except PlacementError as error:
                self._queues = error  # so that whoever asks for rules and queues alike is told the same fault
        if isinstance(self._queues, PlacementError):
            raise self._queues
        return self._queues

    def lines(self) -> list[str]:
        """The lines of map.txt as they are, without their ends; one empty line if there is no map."""
        return (self._read(MAP) or b"").decode("utf-8", "surrogateescape").split("\n")

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
        policy, rules = self._read_policy()
        from placement.rules.compile import unwritten

        try:
            is_written = self._write_index(policy, rules)
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
        first, more = error.problems[0], len(error.problems) - 1
        message = first.message + (f"; {more} more: run `placement check`" if more else "")
        message += f"; the last good policy, revision {self._index.revision}, stays in force"
        self.troubles.append(Problem(first.code, message, first.place, first.remedy))
        self._policy = self._policy_of(self._index)
        return self._policy

    def revision(self) -> str:
        """Twelve hexadecimal digits that change with any byte of the policy's files."""
        if self._is_fresh and self._index:
            return self._index.revision
        from hashlib import sha256

        for name in SOURCES:
            self._read(name)
        digest = sha256()
        for name, source in sorted(self._sources.items()):
            if source is not None:
                digest.update(b"%d %s %d " % (len(name), name.encode(*ENCODING), len(source)) + source)
        return digest.hexdigest()[:12]

    # --- the index

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
            owner = self._owner()
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
            policy, rules = self._read_policy()
        except PlacementError as error:
            last_good = self.last_good(error)
            if last_good is None:
                raise
            return last_good
        try:
            if self._is_kept and posix.geteuid() in (0, self._owner()):
                self._write_index(policy, rules)
        except (OSError, PlacementError):
            pass  # the files are read each time, then
        return policy

    def _read_policy(self) -> "tuple[Policy, Rules]":
        site = self.site()
        rules = self.placing_rules()
        return Policy(rules, site, self.revision()), rules

    def _write_index(self, policy: Policy, rules: "Rules") -> bool:
        """Writes the index of what was read; False, and nothing is written, if the files are something else by now."""
        from placement.rules.compile import image, write

        site = policy.site
        content = image(rules, policy.revision, self._fingerprints, site.words(), site.commands, site.static_groups)
        if not self._is_settled():
            return False
        write(self.path or ".", INDEX, content, self._mode())
        return True

    def _is_settled(self) -> bool:
        """Whether the files are still what was read, and no edit from now on could leave their fingerprints as is.

        An edit within the same tick of the file system's clock as the one before leaves no trace but in the bytes, so
        that tick must be over before they are compared. Waits for SETTLED_S at most.
        """
        import time

        newest_ns = max(found[2] for found in self._fingerprints.values() if found)
        rest_s = newest_ns / 1e9 + SETTLED_S - time.time()
        if rest_s > SETTLED_S:
            return False  # changed in the future: the clocks differ, and nothing can be told from them
        if rest_s > 0:
            time.sleep(rest_s)
        return all(
            trusted_bytes(self._file(name)) == (source, self._fingerprints[name])
            for name, source in self._sources.items()
        )

    def _mode(self) -> int:
        """Permissions of the index: whoever may not read one of the files may not read it there either."""
        mode = 0o644
        for name, found in self._fingerprints.items():
            if found:
                mode &= mode_of(self._file(name))
        return mode | 0o600

    def _owner(self) -> int:
        """Whose policy it is: the user id of the owner of the map, or of the folder while there is none."""
        try:
            return posix.stat(self._file(MAP)).st_uid
        except (OSError, ValueError):
            return posix.stat(self.path or ".").st_uid

    # --- the files

    def _read_site(self) -> Site:
        source = self._read(SITE)
        if source is None:
            return Site()
        _reach_libraries()
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

    def _read_queues(self) -> "tuple[Tree | None, dict[str, Role]]":
        source = self._read(QUEUES)
        if source is None:
            return None, {}
        _reach_libraries()
        from placement import queues_file

        return queues_file.read(source, self._file(QUEUES))

    def _file(self, name: str) -> str:
        return join(self.path, name)

    def _read(self, name: str) -> bytes | None:
        if name not in self._sources:
            self._sources[name], self._fingerprints[name] = trusted_bytes(self._file(name))
        return self._sources[name]


def _site_of(index: Index) -> Site:
    settings = {name: word for name, word in index.settings.items() if name in Site.__slots__}
    return Site(static_groups=index.static_groups, commands=index.commands, **settings)  # type: ignore[arg-type]


def _reach_libraries() -> None:
    """After this pyparsing and the like can be imported. Wrappers start Python without them (-S), to start sooner."""
    import sys

    if "site" not in sys.modules:
        import site

        site.main()
