"""`placement import`: a policy folder from the file of a scheduler."""

import os

import click

from placement import whole_file
from placement.cli import findings, json_option
from placement.errors import Place, PlacementError, Problem
from placement.files import MAP, QUEUES, SITE, join
from placement.queues.names import CAPACITY, FAIR
from placement.schedulers.xml import LARGEST
from placement.sync.importing import Imported, imported
from placement.whole_file import NewFile


@click.command("import")
@click.argument("scheduler", type=click.Choice([FAIR, CAPACITY]))
@click.argument("file", metavar="FILE")
@click.option("--to", "folder", metavar="DIR", required=True, help="The policy folder to write; made if need be.")
@json_option
def command(scheduler: str, file: str, folder: str, as_json: bool) -> None:
    """Reads fair-scheduler.xml or capacity-scheduler.xml into a policy folder: queues.yaml, map.txt and site.yaml.

    What the policy has no word for is kept, and is rendered again as it was. A file that is there already is not
    written over. Exit status 78: the file cannot be read, or is refused, by line.
    """

    def included(href: str) -> bytes:
        """Beside the file, as Hadoop's `Configuration` looks for it."""
        return _content(os.path.join(os.path.dirname(file), href))

    try:
        content = _content(file)
    except OSError as error:
        message = f"this file cannot be read: {error.strerror or error}"
        raise PlacementError(Problem("unreadable", message, Place(file), "name a file that can be read")) from error
    found = imported(content, file, scheduler, included)
    _write(found, folder)
    findings.show(found.problems, f"{folder}: {found.summary}: ", as_json)


def _write(found: Imported, folder: str) -> None:
    """All files, or none where one is there already."""
    texts = {QUEUES: found.queues, MAP: found.map, SITE: found.site}
    for name in texts:
        if os.path.lexists(join(folder, name)):
            remedy = "name another folder by --to, or move it away"
            raise PlacementError(Problem("in-the-way", "this file is there already", Place(join(folder, name)), remedy))
    try:
        os.makedirs(folder, exist_ok=True)
        whole_file.write_all([NewFile(join(folder, name), text.encode(), 0o644) for name, text in texts.items()])
    except OSError as error:
        message = f"the policy cannot be written: {error.strerror or error}"
        raise PlacementError(Problem("unwritable", message, Place(folder), "name another by --to")) from error


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)
