"""`expectations.yaml`: who must land where. Cases are read, run through the one decision, and compared.

Pure: text in, plain values out. What a case leaves unsaid is not known, and conditions that ask for it are false.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StrictStr

from placement import documents
from placement.decision import NO_RULE, Decision, decide
from placement.errors import Place, PlacementError, Problem, nearest, quoted
from placement.policy import STATIC, Policy
from placement.queues.names import is_same
from placement.queues.tree import Tree
from placement.rules.condition import DURATION, FACTS, NUMBER, SIZE, TEXT, WEEKDAY, WEEKDAYS
from placement.rules.match import candidates
from placement.rules.model import Rule, Rules
from placement.submission import Identity, Request, Submission
from placement.units import MEMORY, TIME, quantity

if TYPE_CHECKING:
    from placement.rules.condition import Value

EXPECTATIONS = "expectations.yaml"
GUIDE = "docs/checking.md"
DENIED, NOBODYS = "denied", "no-rule"
_WANTED = {
    TEXT: "a text",
    NUMBER: "a number, as `8`",
    SIZE: "a size with its unit, as `64g`",
    DURATION: "a time with its unit, as `90s`, `30m`, `2h` or `1d`",
    WEEKDAY: "a day, as `monday` or `mon`",
}


def _expected(expect: str) -> str:
    if not expect or set(expect) & set(" \t"):
        raise ValueError("a queue, `denied` or `no-rule`")
    return expect


class _Case(BaseModel):
    """One entry of the file. `groups` None: those of the site's static list, else none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: Annotated[StrictStr, Field(min_length=1)]
    groups: list[StrictStr] | None = None
    queue: StrictStr | None = None
    facts: dict[StrictStr, Any] = Field(default_factory=dict)
    expect: Annotated[StrictStr, AfterValidator(_expected)]
    name: StrictStr | None = None


class _File(RootModel[list[_Case]]):
    """All cases, in the order in which they are reported."""


class Case:
    """One case: who asks for which `queue` (None: for none), and what is to come of it.

    `groups` has the primary one first; None: as the site says. `facts` are in the units of conditions. `expect` is a
    queue, DENIED or NOBODYS. `place` is where the case begins.
    """

    def __init__(
        self,
        user: str,
        expect: str,
        place: Place,
        groups: tuple[str, ...] | None = None,
        queue: str | None = None,
        facts: "dict[str, Value | None] | None" = None,
        name: str = "",
    ) -> None:
        self.user = user
        self.expect = expect
        self.place = place
        self.groups = groups
        self.queue = queue
        self.facts = facts or {}
        self.name = name


class Result:
    """What came of one case. `got` is a queue, DENIED or NOBODYS, in the words of `expect`."""

    def __init__(self, case: Case, decision: Decision, got: str, is_passed: bool) -> None:
        self.case = case
        self.decision = decision
        self.got = got
        self.is_passed = is_passed

    def __str__(self) -> str:
        """One line: `FILE:LINE:COL: failed: expected ..., got ... because ...`, or that it passed."""
        name = f" ({self.case.name})" if self.case.name else ""
        if self.is_passed:
            return f"{self.case.place}: passed{name}: {quoted(self.got)}"
        return (
            f"{self.case.place}: failed{name}: expected {quoted(self.case.expect)}, got {quoted(self.got)} because "
            f"{self.decision.message}"
        )

    def as_data(self) -> dict[str, object]:
        """The result as plain data, for `--json`."""
        place = self.case.place
        return {
            "name": self.case.name,
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "passed": self.is_passed,
            "expected": self.case.expect,
            "got": self.got,
            "decision": self.decision.as_data(),
        }


class Report:
    """What came of all cases, and how many of them each rule decided, and was a candidate of, by its line."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.results: list[Result] = []
        self.decided = dict.fromkeys((rule.line for rule in rules.rules), 0)
        self.matched = dict(self.decided)

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if not result.is_passed]

    @property
    def idle(self) -> list[Rule]:
        """The rules that decide no case."""
        return [rule for rule in self.rules.rules if not self.decided[rule.line]]

    def idle_lines(self) -> list[str]:
        """`map.txt:LINE: no case lands here`, with the number of cases that could have asked for it."""
        lines = []
        for rule in self.idle:
            number = self.matched[rule.line]
            could = f" ({number} could ask for its queue)" if number else ""
            lines.append(f"{Place(self.rules.file)}:{rule.line}: no case lands here{could}")
        return lines


def read(source: bytes, file: str) -> list[Case]:
    """The cases, in their order. Raises PlacementError with every problem of the file."""
    said, places = documents.read_with_places(_File, source, file, GUIDE)
    problems: list[Problem] = []
    cases = []
    for number, case in enumerate(said.root):
        facts: dict[str, Value | None] = {}
        for fact, written in case.facts.items():
            path: documents.Path = (number, "facts", fact)
            if fact not in FACTS:
                problems.append(_unknown_fact(fact, documents.key_place_of(places, path)))
                continue
            facts[fact] = _value(fact, written)
            if facts[fact] is None and written is not None:
                problems.append(_bad_fact(fact, documents.place_of(places, path)))
        groups = None if case.groups is None else tuple(case.groups)
        place = documents.place_of(places, (number,))
        cases.append(Case(case.user, case.expect, place, groups, case.queue, facts, case.name or ""))
    if problems:
        raise PlacementError(*problems)
    return cases


def run(cases: list[Case], rules: Rules, policy: Policy, tree: Tree | None = None) -> Report:
    """Decides every case by `policy`, whose rules are `rules`."""
    report = Report(rules)
    for number, case in enumerate(cases, start=1):
        submission = _submission(case, policy)
        decision = decide(submission, policy, f"case-{number}")
        identity, scheduler = submission.identity, policy.site.scheduler
        for rule, _ in candidates(rules, identity.user, identity.groups, submission.facts, scheduler):
            report.matched[rule.line] += 1
        if decision.rule:
            report.decided[decision.rule.line] += 1
        got = decision.queue or (NOBODYS if decision.reason == NO_RULE else DENIED)
        is_passed = got == case.expect
        if decision.queue and case.expect not in (DENIED, NOBODYS):
            is_passed = is_same(case.expect, decision.queue, scheduler, tree)
        report.results.append(Result(case, decision, got, is_passed))
    return report


def _submission(case: Case, policy: Policy) -> Submission:
    groups = case.groups
    if groups is None:
        groups = tuple(policy.site.static_groups.get(case.user, ())) if policy.site.groups == STATIC else ()
    request = Request(case.queue, "queue") if case.queue is not None else None
    return Submission(Identity(case.user, groups, case.user, EXPECTATIONS), request, facts=case.facts)


def _unknown_fact(fact: str, place: Place) -> Problem:
    near = nearest(fact, list(FACTS))
    remedy = f"did you mean {quoted(near)}?" if near else f"known are {', '.join(FACTS)}"
    return Problem("unknown-fact", f"{quoted(fact)} is no fact of a submission", place, remedy)


def _bad_fact(fact: str, place: Place) -> Problem:
    written = place.text[place.column - 1 : place.column - 1 + place.width]
    remedy = f"write {'an hour, 0 to 23' if fact == 'hour' else _WANTED[FACTS[fact]]}"
    return Problem("bad-fact", f"{quoted(written)} is no value of {quoted(fact)}", place, remedy)


def _value(fact: str, written: object) -> "Value | None":
    """A written value in the unit of its fact: MiB, seconds, a number, a weekday's full name; None if it is none."""
    sort = FACTS[fact]
    if sort == NUMBER:
        if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written < float("inf"):
            return None
        return None if fact == "hour" and written not in range(24) else float(written)
    if not isinstance(written, str):
        return None
    if sort == WEEKDAY:
        days = [day for day in WEEKDAYS if len(written) >= 2 and day.startswith(written.lower())]
        return days[0] if len(days) == 1 else None
    return written if sort == TEXT else quantity(written, MEMORY if sort == SIZE else TIME)
