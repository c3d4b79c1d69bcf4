"""The policy folder: is it there, whole, in the right hands, and is its index in use?"""

import os
import pwd
from collections.abc import Iterator

from placement import __version__
from placement.errors import Place, PlacementError, Problem, quoted
from placement.files import MAP, QUEUES, SITE, fingerprint_of
from placement.folder import INDEX
from placement.policy_files import PolicyFiles
from placement.rules.index import open_index

ROOT = 0  # user id
COMPILE = "run `placement compile` as the owner of the folder"


def findings(files: PolicyFiles) -> Iterator[Problem]:
    """`no-policy`, `policy-faults`, `policy-owner`, `policy-private`, and what is wrong with the index."""
    path = files.path
    if not os.path.isdir(path):
        remedy = "write one, or name it by PLACEMENT_POLICY or --policy"
        yield Problem("no-policy", "there is no such policy folder", Place(path), remedy)
        return
    try:
        files.placing_rules()
    except PlacementError as error:
        first, count = error.problems[0], len(error.problems)
        message = f"{count} error{'s' * (count > 1)} in the policy; the first: {first.in_one_line()}"
        yield Problem("policy-faults", message, Place(path), "run `placement check`")
    yield from _of_hands(path)
    if os.path.exists(os.path.join(path, MAP)):
        yield from _of_index(path)


def _of_hands(path: str) -> Iterator[Problem]:
    """Files of a third account, and files that only some may read. Who may write, the reading of each file checks."""
    files = [file for file in (os.path.join(path, name) for name in (MAP, SITE, QUEUES)) if os.path.exists(file)]
    owner = os.stat(files[0] if files else path).st_uid
    for each in (path, *files):
        status = os.stat(each)
        if status.st_uid not in (ROOT, owner):
            message = f"it belongs to {quoted(_name(status.st_uid))}, the policy to {quoted(_name(owner))}"
            remedy = f"give it to the owner of the policy: chown {_name(owner)} {each}"
            yield Problem("policy-owner", message, Place(each), remedy, "warning")
        needed = 0o005 if each == path else 0o004
        if status.st_mode & needed != needed:
            message = "not everybody may read here: commands of other accounts are refused"
            remedy = f"give the right, if they shall be placed: chmod o+{'rx' if each == path else 'r'} {each}"
            yield Problem("policy-private", message, Place(each), remedy, "warning")


def _of_index(path: str) -> Iterator[Problem]:
    file, owner = os.path.join(path, INDEX), os.stat(os.path.join(path, MAP)).st_uid
    try:
        index = open_index(file, owner)
    except PlacementError as error:
        for each in error.problems:
            yield Problem(each.code, each.message, each.place, each.remedy, "warning")
        return
    if index is None:
        message = "there is no index that can be read: each command reads the policy itself"
        yield Problem("no-index", message, Place(file), COMPILE, "warning")
    elif index.program != __version__ or any(
        fingerprint_of(os.path.join(path, name)) != found for name, found in index.sources.items()
    ):
        message = "it is older than the files: each command reads them itself until it is written anew"
        yield Problem("index-stale", message, Place(file), COMPILE, "warning")
    if not _may_write(path, owner):
        message = f"{quoted(_name(owner))}, whose policy this is, cannot write an index here"
        remedy = f"let the folder belong to the owner of {MAP}, on a file system that can be written"
        yield Problem("index-cannot-be-written", message, Place(path), remedy, "warning")


def _may_write(path: str, owner: int) -> bool:
    """Whether the account `owner` may create files in the folder, as far as owner, group and mode tell."""
    status = os.stat(path)
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return False
    if owner == ROOT or (status.st_uid == owner and status.st_mode & 0o200):
        return True
    try:
        account = pwd.getpwuid(owner)
    except KeyError:
        return False
    return bool(status.st_mode & 0o020) and status.st_gid in os.getgrouplist(account.pw_name, account.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
