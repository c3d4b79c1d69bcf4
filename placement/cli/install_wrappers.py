"""`placement install-wrappers`: wrappers put in front of the real commands, or taken away again."""

import os
from collections.abc import Iterator

import click

from placement.cli import policy_option
from placement.errors import PlacementError, visible
from placement.files import SITE
from placement.installation.plan import UNCHANGED, Installation, Removal, Step
from placement.policy import Site
from placement.policy_files import PolicyFiles


@click.command("install-wrappers")
@click.argument("commands", metavar="[COMMAND...]", nargs=-1)
@click.option("--to", "folder", metavar="DIR", required=True, help="The folder of the wrappers, first on PATH.")
@click.option("--uninstall", is_flag=True, help="Remove the wrappers there, and nothing else.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@policy_option
def command(commands: tuple[str, ...], folder: str, uninstall: bool, dry_run: bool, policy_folder: str) -> None:
    """Puts a wrapper for each COMMAND into DIR; without names for each whose real command is here.

    All or nothing: a file there that is no wrapper of placement is in the way. `/usr/bin` and the like will do where
    the system's alternatives manage the command. `policy` is the policy executable.
    """
    if uninstall:
        removal = Removal(folder, commands)
        if not dry_run:
            removal.apply()
        lines = [*_removed(removal, policy_folder, dry_run)]
    else:
        installation = Installation(folder, commands, policy_folder, _site(policy_folder).commands, os.environ)
        if not dry_run:
            installation.apply()
        lines = [*_installed(installation, dry_run)]
    for line in lines:
        click.echo(visible(line))


def _installed(installation: Installation, dry_run: bool) -> Iterator[str]:
    for step in installation.steps:
        yield _done(step, dry_run) + (f", in front of {step.real}" if step.real else "")
    edit = installation.site_edit
    if edit.is_needed:
        yield f"{edit.file}: real commands {'would be ' if dry_run else ''}written there: {', '.join(edit.commands)}"
    for step in installation.steps:
        found = installation.in_the_way(step)
        if found is not None:
            where = f"stands behind {found} on PATH" if found else "is not on PATH"
            yield f"note: {installation.folder} {where}: PATH={installation.folder}:$PATH puts it first"
            break
    if all(step.did == UNCHANGED for step in installation.steps) and not installation.site_edit.is_needed:
        yield "nothing to do"


def _removed(removal: Removal, policy_folder: str, dry_run: bool) -> Iterator[str]:
    for step in removal.steps:
        yield _done(step, dry_run)
    if not removal.steps:
        yield f"{removal.folder}: no wrapper there, nothing to do"
    try:
        named = PolicyFiles(policy_folder).site().commands
    except PlacementError:
        return  # it is nothing to us here
    for name, path in named.items():
        if any(step.command == name for step in removal.steps):
            yield f"{os.path.join(policy_folder, SITE)} still names the real {name}, {path}: nothing asks for it now"


def _done(step: Step, dry_run: bool) -> str:
    would = "would be " if dry_run and step.did != UNCHANGED else ""
    where = f" (alternatives of {step.group.link})" if step.group else ""
    return f"{step.command}: {would}{step.did} {step.path}{where}"


def _site(policy_folder: str) -> Site:
    """What site.yaml says; the defaults where there is none. Raises PlacementError with its faults."""
    return PolicyFiles(policy_folder).site()
