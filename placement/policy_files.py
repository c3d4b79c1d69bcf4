"""The files of a policy folder, read into a policy. Adapter; a grammar is imported only when a file asks for it."""

import time

from placement.errors import Place, PlacementError, Problem
from placement.files import MAP, QUEUES, SITE, join, mode_of, trusted_bytes
from placement.policy import Policy, Site
from placement.queues.names import full_name
from placement.rules.index import ENCODING
from placement.rules.model import ROLE, Rule, Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.queues.tree import Tree
    from placement.queues_file.reading import Document
    from placement.rules.index import Fingerprint
    from placement.rules.model import Role

SETTLED_S = 0.05  # seconds after which another edit gets another time stamp; the kernel's clock for files ticks in 0.01


class PolicyFiles:
    """The files of the folder `path`. Each is read once, so that everything said of it rests on the same bytes.

    `fingerprints` are those of the files that were read, by their names; None: it was not there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.fingerprints: dict[str, Fingerprint | None] = {}
        self._sources: dict[str, bytes | None] = {}
        self._site: Site | None = None
        self._placing: Rules | None = None
        self._queue_tree: Document | PlacementError | None = None

    def policy(self) -> Policy:
        """The policy that decides. Raises PlacementError with all problems of the first file that has any."""
        site, rules = self.site(), self.placing_rules()
        return Policy(rules, site, self.revision())

    def site(self) -> Site:
        """What site.yaml says; the defaults if there is none. Raises PlacementError with all its problems."""
        if self._site is None:
            self._site = self._read_site()
        return self._site

    def rules(self) -> tuple[Rules, tuple[Problem, ...]]:
        """The rules of map.txt as written, and the warnings about them. Raises PlacementError with all its problems."""
        source = self._read(MAP)
        if source is None:
            remedy = "write rules there, or set PLACEMENT_POLICY or --policy to the folder that has them"
            raise PlacementError(Problem("no-map", "there is no such file", Place(self.file(MAP)), remedy))
        _reach_libraries()
        from placement.rules import grammar

        rules, warnings = grammar.parse(source, self.file(MAP))
        return Rules(rules.file, rules.rules, self.queues()[1]), warnings

    def placing_rules(self) -> Rules:
        """The rules as they decide: every role known, every queue by its full path where queues.yaml can tell.

        Raises PlacementError with the problems of the files, and `unknown-role`.
        """
        if self._placing is None:
            self._placing = self._read_placing()
        return self._placing

    def queues(self) -> "tuple[Tree | None, dict[str, Role]]":
        """The queue tree (None: none is given) and the roles of queues.yaml. Raises PlacementError with its faults."""
        document = self.queue_tree()
        return (document.tree, document.roles) if document else (None, {})

    def queue_tree(self) -> "Document | None":
        """All that queues.yaml says, None if there is no such file. Raises PlacementError with its faults."""
        if self._queue_tree is None:
            try:
                self._queue_tree = self._read_queues()
            except PlacementError as error:
                self._queue_tree = error  # so that whoever asks for rules and queues alike is told the same fault
        if isinstance(self._queue_tree, PlacementError):
            raise self._queue_tree
        return self._queue_tree

    def lines(self) -> list[str]:
        """The lines of map.txt as they are, without their ends; one empty line if there is no map."""
        return (self._read(MAP) or b"").decode("utf-8", "surrogateescape").split("\n")

    def revision(self) -> str:
        """Twelve hexadecimal digits that change with any byte of the policy's files."""
        from hashlib import sha256

        for name in (MAP, SITE, QUEUES):
            self._read(name)
        digest = sha256()
        for name, source in sorted(self._sources.items()):
            if source is not None:
                digest.update(b"%d %s %d " % (len(name), name.encode(*ENCODING), len(source)) + source)
        return digest.hexdigest()[:12]

    def are_settled(self) -> bool:
        """Whether the files are still what was read, and no edit from now on could leave their fingerprints as is.

        An edit within the same tick of the file system's clock as the one before leaves no trace but in the bytes, so
        that tick must be over before they are compared. Waits for SETTLED_S at most.
        """
        newest_ns = max(found[2] for found in self.fingerprints.values() if found)
        rest_s = newest_ns / 1e9 + SETTLED_S - time.time()
        if rest_s > SETTLED_S:
            return False  # changed in the future: the clocks differ, and nothing can be told from them
        if rest_s > 0:
            time.sleep(rest_s)
        return all(
            trusted_bytes(self.file(name)) == (source, self.fingerprints[name])
            for name, source in self._sources.items()
        )

    def mode(self) -> int:
        """Permissions of what is made from the files: whoever may not read one of them may not read it there either."""
        mode = 0o644
        for name, found in self.fingerprints.items():
            if found:
                mode &= mode_of(self.file(name))
        return mode | 0o600

    def file(self, name: str) -> str:
        """The path of the file `name` of the folder."""
        return join(self.path, name)

    def _read_placing(self) -> Rules:
        site = self.site()
        if site.policy_exec:
            return Rules(self.file(MAP), ())
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

    def _read_site(self) -> Site:
        source = self._read(SITE)
        if source is None:
            return Site()
        _reach_libraries()
        from placement import site as site_file

        site, groups_name = site_file.read(source, self.file(SITE))
        if groups_name:
            groups = self._read(groups_name)
            if groups is None:
                remedy = f"write it, or change `groups` in {self.file(SITE)}"
                place = Place(self.file(groups_name))
                raise PlacementError(Problem("no-groups", "there is no such file", place, remedy))
            site.static_groups = site_file.read_groups(groups, self.file(groups_name))
        return site

    def _read_queues(self) -> "Document | None":
        source = self._read(QUEUES)
        if source is None:
            return None
        _reach_libraries()
        from placement.queues_file import reading

        return reading.read(source, self.file(QUEUES))

    def _read(self, name: str) -> bytes | None:
        if name not in self._sources:
            self._sources[name], self.fingerprints[name] = trusted_bytes(self.file(name))
        return self._sources[name]


def _reach_libraries() -> None:
    """After this pyparsing and the like can be imported. Wrappers start Python without them (-S), to start sooner."""
    import sys

    if "site" not in sys.modules:
        import site

        site.main()
