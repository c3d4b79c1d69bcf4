"""`placement test`: whether everybody lands where expectations.yaml says."""

import json
import os
from xml.etree import ElementTree

import click

from placement.cli import json_option, policy_option
from placement.cli.findings import count
from placement.errors import Place, PlacementError, Problem, visible
from placement.expectations import EXPECTATIONS, Report, run
from placement.policy_files import PolicyFiles
from placement.review import whole


@click.command("test")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--junit", metavar="FILE", help="Write the results to FILE too, as JUnit XML.")
@policy_option
@json_option
def command(folder: str | None, junit: str | None, policy_folder: str, as_json: bool) -> int:
    """Runs the cases of expectations.yaml in DIR, and names the rules that decide none of them.

    Exit status 0: all pass; 1: one fails; 78: the policy or its cases cannot be read. Nothing is looked up: a case
    says itself in which groups its user is.
    """
    path = folder or policy_folder
    opened = PolicyFiles(path)
    found = whole.read(opened)
    cases = whole.cases(opened)
    if cases is None:
        remedy = "write cases there, such as `- {user: ann, groups: [bi], expect: root.adhoc}`"
        place = Place(os.path.join(path, EXPECTATIONS))
        raise PlacementError(Problem("no-expectations", "there is no such file", place, remedy))
    report = run(cases, found.rules, found.policy(), found.tree)
    if junit:
        _write(junit, _as_junit(report, path))
    if as_json:
        click.echo(json.dumps(_as_data(report), ensure_ascii=False, indent=2))
    else:
        for line in [*map(str, report.failed), *report.idle_lines(), f"{path}: {_summary(report)}"]:
            click.echo(line)
    return 1 if report.failed else 0


def _summary(report: Report) -> str:
    cases, rules = len(report.results), len(report.rules.rules)
    failed = (
        f"{len(report.failed)} of {count(cases, 'case')} failed" if report.failed else f"{count(cases, 'case')} passed"
    )
    return f"{failed}; {rules - len(report.idle)} of {count(rules, 'rule')} decided one"


def _as_data(report: Report) -> dict[str, object]:
    """The report as plain data: the results, the rules that decide no case, the numbers of the summary."""
    return {
        "cases": [result.as_data() for result in report.results],
        "idle": [
            {"file": report.rules.file, "line": rule.line, "text": rule.text, "candidate_of": report.matched[rule.line]}
            for rule in report.idle
        ],
        "passed": len(report.results) - len(report.failed),
        "failed": len(report.failed),
        "rules": len(report.rules.rules),
    }


def _as_junit(report: Report, path: str) -> bytes:
    """The report as JUnit XML: one suite, a test case each."""
    numbers = {"tests": str(len(report.results)), "failures": str(len(report.failed))}
    suite = ElementTree.Element("testsuite", {"name": visible(path), **numbers, "errors": "0", "skipped": "0"})
    for result in report.results:
        case = result.case
        name = case.name or f"{case.user} expects {case.expect} (line {case.place.line})"
        attributes = {
            "classname": EXPECTATIONS,
            "name": visible(name),
            "file": str(case.place.file),
            "line": str(case.place.line),
        }
        element = ElementTree.SubElement(suite, "testcase", attributes)
        if not result.is_passed:
            message = f"expected {case.expect}, got {result.got}"
            failure = ElementTree.SubElement(element, "failure", {"message": visible(message), "type": "expectation"})
            failure.text = visible(str(result))
    ElementTree.indent(suite)
    content: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _write(path: str, content: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as error:
        message = f"this file cannot be written: {error.strerror or error}"
        raise PlacementError(Problem("unwritable", message, Place(path), "name another file by --junit")) from error
