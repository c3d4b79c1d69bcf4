"""Hadoop's own converter, fs2cs, and ours side by side: each item of fair-scheduler.xml for the capacity scheduler.

`python -m tests.cluster.fs2cs` prints docs/fair-to-capacity.md.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from placement.errors import PlacementError
from placement.policy_files import PolicyFiles
from placement.queues.names import CAPACITY, FAIR
from placement.rules.model import Rules
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.configuration import APPROXIMATED, NOT_EXPRESSED
from placement.schedulers.rendering import content as write
from placement.schedulers.rendering import render
from placement.sync import importing
from tests.cluster import configuration, parts
from tests.conftest import EXPECTED, ROOT

DOCUMENT = ROOT / "docs" / "fair-to-capacity.md"
DATA = EXPECTED / "fs2cs"
NO_RULES = Rules("map.txt", ())
EXACT, LOST, STOPS = "exact", "lost", "stops"
_HEAD = """\
# From the fair scheduler to the capacity scheduler

What becomes of each item of fair-scheduler.xml with `placement import fair` and `placement render capacity`, and what
Hadoop's own converter, `fs2cs` of Hadoop 3.5.0, makes of it. *Exact*: it means the same there. *Approximated* and *not
expressed*: not quite, or not at all; `import`, `render` and `plan` say so for every queue that has it, with who
enforces it instead.

Queues in this table: `root.a` is a leaf beside `root.p` (with `x` and `y` below it) and `root.d`; each has weight 1.
Made by `python -m tests.cluster.fs2cs`, held by tests/cluster/test_fs2cs.py.

| item | becomes | how | remarks | fs2cs |
| --- | --- | --- | --- | --- |
"""
_UNSAID = ("maximum-am-resource-percent", "root.a.ordering-policy", "root.a.user-limit-factor")
NAMES = ("general", "root", "a", "p", "x", "extra", "placing", "rules")
_SPECIFIED = '<rule name="specified" create="false"/>'
_PREEMPTION = {"yarn.scheduler.fair.preemption": "true"}


@dataclass(frozen=True)
class Converted:
    """The capacity scheduler's `properties`, by the name behind PREFIX, and what was `said` on the way, with how."""

    properties: Mapping[str, str]
    said: tuple[tuple[str, str], ...] = ()
    stops: str = ""


@dataclass(frozen=True)
class Row:
    """One item: what fs2cs makes of it (`warned`: and says so), what we make of it, and how exact that is.

    `reasons`: what import and render say of it. `why`: how it differs from what fs2cs makes, in our words.
    """

    item: str
    fs2cs: tuple[str, ...]
    warned: bool
    ours: tuple[str, ...]
    how: str
    reasons: tuple[str, ...]
    why: str


def items() -> list[dict[str, Any]]:
    return yaml.safe_load((DATA / "items.yaml").read_text())


def file_with(**parts_of_it: str) -> str:
    """A file of a few queues with something more in it; see items.yaml. Everybody may submit to `root.d` alone."""
    said = dict.fromkeys(NAMES, "") | parts_of_it
    placing = said["placing"] or '<rule name="default" queue="root.d"/>'
    rules = said["rules"] or f"{_SPECIFIED}{placing}"
    return (
        f'<allocations>{said["general"]}<queue name="root">{said["root"]}<aclSubmitApps> </aclSubmitApps>'
        f'<aclAdministerApps> </aclAdministerApps><queue name="a">{said["a"]}</queue>'
        f'<queue name="p">{said["p"]}<queue name="x">{said["x"]}</queue><queue name="y"/></queue>'
        f'<queue name="d"><aclSubmitApps>*</aclSubmitApps></queue>{said["extra"]}</queue>'
        f"<queuePlacementPolicy>{rules}</queuePlacementPolicy></allocations>"
    )


def rows() -> list[Row]:
    base, *changed = [file_with(), *(file_with(**item["in"]) for item in items())]
    theirs = by_fs2cs([base, *changed])
    ours = [converted(text) for text in [base, *changed]]
    return [
        _unsaid(theirs[0], ours[0]),
        *(_row(item, theirs[0], theirs[number], ours[0], ours[number]) for number, item in enumerate(items(), start=1)),
    ]


def _unsaid(theirs: Converted, ours: Converted) -> Row:
    """What is written although the file says nothing, as the two schedulers' defaults differ; for the leaf `a`."""
    fs2cs, written = (
        tuple(f"{name}={each.properties[name]}" for name in _UNSAID if name in each.properties)
        for each in (theirs, ours)
    )
    found = importing.imported(file_with().encode(), "fair-scheduler.xml", FAIR, _nothing)
    (note,) = (each for each in found.problems if each.code == "other-defaults")
    return Row("what is not said", fs2cs, False, written, APPROXIMATED, (note.message,), note.remedy)


def by_fs2cs(texts: list[str]) -> list[Converted]:
    """What fs2cs makes of each file. Raises MissingPart."""
    with tempfile.TemporaryDirectory(prefix="placement-fs2cs-") as temporary:
        folder = Path(temporary)
        site = folder / "yarn-site.xml"
        site.write_text(configuration.xml(_PREEMPTION))
        (folder / "log4j.properties").write_text(configuration.LOG4J.replace("INFO", "WARN"))
        files = [folder / f"{number}.xml" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        home, classpath = parts.java_home(), f"{parts.hadoop_lib()}/*"
        source = Path(__file__).with_name("Fs2cs.java")
        parts.run(str(home / "bin" / "javac"), "-nowarn", "-cp", classpath, "-d", str(folder), source)
        options = [*configuration.QUICK_START.split(), f"-Dlog4j.configuration=file:{folder}/log4j.properties"]
        command = [home / "bin" / "java", *options, "-cp", f"{folder}:{classpath}", "Fs2cs", site, *files]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
        return [_read(file) for file in files]


def converted(text: str) -> Converted:
    """What import and render make of it: shortfalls and warnings of both are `said`."""
    content, said = rendered(text)
    return Converted(_short(capacity_file.properties(capacity_file.read(content, "rendered")[0])), said)


def rendered(text: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """The capacity scheduler's file, and how and why it falls short of the fair scheduler's."""
    with tempfile.TemporaryDirectory(prefix="placement-import-") as temporary:
        folder = Path(temporary)
        found = importing.imported(text.encode(), "fair-scheduler.xml", FAIR, _nothing)
        (folder / "queues.yaml").write_text(found.queues)
        (folder / "map.txt").write_text(found.map)
        files = PolicyFiles(temporary)
        document = files.queue_tree()
        told = render(document.hierarchy, files.placing_rules(), CAPACITY)
    said = [(each.how, f"{each.said}: {each.why}") for each in told.shortfalls]
    warnings = [each for each in found.problems if each.severity != "note"]
    said += [(APPROXIMATED if each.code == "rule-approximated" else NOT_EXPRESSED, each.message) for each in warnings]
    return write(told.configuration), tuple(said)


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


def _read(file: Path) -> Converted:
    log = Path(f"{file}.log").read_text()
    said = tuple(dict.fromkeys(line.rpartition(": ")[2] for line in log.splitlines() if " WARN " in line))
    output = Path(f"{file}.d") / "capacity-scheduler.xml"
    if "status 0" not in log or not output.exists():
        return Converted({}, stops=next((line for line in log.splitlines() if " ERROR " in line), "no file"))
    try:
        properties = capacity_file.properties(capacity_file.read(output.read_bytes(), output.name)[0])
    except PlacementError as error:
        return Converted({}, stops=str(error))
    return Converted(
        _short(properties), tuple((NOT_EXPRESSED, each) for each in said if "has max resources" not in each)
    )


def _short(properties: Mapping[str, str]) -> dict[str, str]:
    """Names without PREFIX, and texts without what is only written otherwise: `3.0w`, JSON over several lines."""
    return {name.removeprefix(PREFIX): _plain(text) for name, text in properties.items()}


def _plain(text: str) -> str:
    if text.startswith("{"):
        return "".join(text.split())
    return (text.rstrip() or text).replace(".0w", "w").removesuffix(".0")


def _row(item: Mapping[str, Any], base: Converted, theirs: Converted, our_base: Converted, ours: Converted) -> Row:
    new = [each for each in ours.said if each not in our_base.said]
    there = [f"{name}={ours.properties[name]}" for name in item.get("shows", ())]
    changes = (*_changes(our_base, ours), *there)
    hows = {how for how, _ in new}
    how = NOT_EXPRESSED if NOT_EXPRESSED in hows else next(iter(hows), EXACT if changes else LOST)
    warned = any(each not in base.said for each in theirs.said)
    reasons = tuple(words for _, words in new)
    return Row(item["item"], _changes(base, theirs), warned, changes, how, reasons, item.get("why", ""))


def _changes(before: Converted, after: Converted) -> tuple[str, ...]:
    """Properties that are there, have another text, or are gone, but for what fs2cs writes of every queue."""
    if after.stops:
        return (STOPS,)
    names = sorted({*before.properties, *after.properties})
    return tuple(
        f"{name}={after.properties.get(name, '')}"
        for name in names
        if before.properties.get(name) != after.properties.get(name)
        and not (name.endswith(".maximum-capacity") and after.properties.get(name) == "100")
        and not name.endswith(".queues")
    )


def document() -> str:
    """docs/fair-to-capacity.md."""
    return _HEAD + "".join(map(_line, rows()))


def _line(row: Row) -> str:
    same = bool(row.fs2cs) and set(row.fs2cs) == set(row.ours)
    theirs = "the same" if same else _listed(row.fs2cs) or ("dropped, with a warning" if row.warned else "dropped")
    remarks = "; ".join(dict.fromkeys((*row.reasons, *filter(None, [row.why]))))
    cells = (_code(row.item), _listed(row.ours) or "nothing", row.how, remarks, theirs)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _code(item: str) -> str:
    name, comma, rest = item.partition(", ")
    return f"`{name}`{comma}{rest}"


def _listed(changes: tuple[str, ...]) -> str:
    if changes == (STOPS,):
        return "the conversion stops"
    return ", ".join(shown(changes))


def shown(changes: tuple[str, ...]) -> list[str]:
    """The changes as the table has them, placement rules as such."""
    return list(dict.fromkeys(map(_one, changes)))


def _one(change: str) -> str:
    name, _, text = change.partition("=")
    if name.startswith(("mapping-rule", "queue-mappings")):
        return "placement rules"
    return f"`{name}` {text.rpartition('.')[2] if name == 'resource-calculator' else text or 'not said'}"


if __name__ == "__main__":
    print(document(), end="")
