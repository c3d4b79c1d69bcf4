"""What the record of a decision says of the command behind a run. Pure.

The record is one of the audit trail (`placement.audit_file.find`), or what `placement decide --json` prints.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from placement.observe.run import Account, text, texts


def with_command(account: Account, record: Mapping[str, Any]) -> Account:
    """`account` with the script, or class, and its arguments as they were typed, where the record has them."""
    command = record.get("command")
    if not isinstance(command, Mapping) or not isinstance(script := command.get("application"), str):
        return account
    own = command.get("arguments")
    if not _is_words(own):
        own = _behind(script, record.get("arguments"))
    return replace(account, script=text(script), arguments=texts(own))


def _behind(script: str, arguments: object) -> list[str]:
    """The words behind the application on the whole command line, which is what the trail has."""
    if not _is_words(arguments) or script not in arguments:
        return []
    return arguments[arguments.index(script) + 1 :]


def _is_words(said: object) -> TypeGuard[list[str]]:
    return isinstance(said, list) and all(isinstance(each, str) for each in said)
