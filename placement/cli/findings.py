"""How the commands that look for problems tell what they found."""

import json
from collections.abc import Sequence

import click

from placement.errors import Problem


def show(problems: Sequence[Problem], summary: str, as_json: bool) -> tuple[int, int]:
    """Prints the problems, and behind `summary` how many they are; returns the numbers of errors and of warnings."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = sum(problem.severity == "warning" for problem in problems)
    if as_json:
        click.echo(json.dumps([problem.as_data() for problem in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{summary}{count(errors, 'error')}, {count(warnings, 'warning')}")
    return errors, warnings


def count(number: int, what: str) -> str:
    """`no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
