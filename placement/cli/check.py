"""`placement check`: everything that is wrong with a policy folder."""

import json

import click

from placement.cli import json_option, policy_option
from placement.errors import PlacementError, Problem
from placement.folder import Folder


@click.command("check")
@click.argument("folder", metavar="[DIR]", required=False)
@policy_option
@json_option
def command(folder: str | None, policy_folder: str, as_json: bool) -> int:
    """Errors and warnings of the policy in DIR, each with file, line, column and remedy. Exit status 1 on errors."""
    problems = _problems(Folder(folder or policy_folder))
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        click.echo(json.dumps([problem.as_data() for problem in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{folder or policy_folder}: {_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")
    return 1 if errors else 0


def _problems(folder: Folder) -> list[Problem]:
    """The problems of every file of the folder, in the order of the lines."""
    problems: list[Problem] = []
    try:
        folder.site()
    except PlacementError as error:
        problems.extend(error.problems)
    try:
        _, warnings = folder.rules()
        problems.extend(warnings)
    except PlacementError as error:
        problems.extend(error.problems)
    return problems


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
