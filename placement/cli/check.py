"""`placement check`: everything that is wrong with a policy folder."""

import os

import click

from placement.cli import findings, json_option, policy_option
from placement.policy_files import PolicyFiles
from placement.review.problems import problems_of


@click.command("check")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--names", is_flag=True, help="Ask the name service for every user and group of the policy.")
@click.option("--hadoop", is_flag=True, help="Have Hadoop's own classes read what the policy is rendered as.")
@click.option("--strict", is_flag=True, help="Exit status 1 on warnings too.")
@policy_option
@json_option
def command(folder: str | None, names: bool, hadoop: bool, strict: bool, policy_folder: str, as_json: bool) -> int:
    """Errors and warnings of the policy in DIR, each with file, line, column and remedy. Exit status 1 on errors.

    Notes are for information only. What a finding means is in docs/checking.md.
    """
    files = PolicyFiles(folder or policy_folder)
    problems = problems_of(files, names)
    if hadoop:
        from placement.hadoop_loader import policy  # nobody else needs a renderer here

        problems += policy.problems_of(files, os.environ)
    errors, warnings = findings.show(problems, f"{folder or policy_folder}: ", as_json)
    return 1 if errors or (strict and warnings) else 0
