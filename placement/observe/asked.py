"""What the record of a decision says of the command behind a run. Pure.

The record is one of the audit trail (`placement.audit_file.find`), or what `placement decide --json` prints.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from placement.audit import masked
from placement.observe.run import Account, text, texts


def with_command(account: Account, record: Mapping[str, Any]) -> Account:
    """`account` with the script, or class, and its arguments as they were typed, where the record has them."""
    command = record.get("command")
    if not isinstance(command, Mapping) or not isinstance(application := command.get("application"), str):
        return account
    said = command.get("script")  # older records have none
    script = said if isinstance(said, str) else application.rpartition("/")[2]
    own = command.get("arguments")
    if not _is_words(own):
        own = _behind(application, record.get("arguments"))
    arguments = account.arguments if own is None else texts(masked(list(texts(own))))
    return replace(account, script=text(script), arguments=arguments)


def _behind(application: str, arguments: object) -> list[str] | None:
    """The words behind the application on the whole command line, which older records have; None: it is not there."""
    if not _is_words(arguments) or application not in arguments:
        return None
    return arguments[arguments.index(application) + 1 :]


def _is_words(said: object) -> TypeGuard[list[str]]:
    return isinstance(said, list) and all(isinstance(each, str) for each in said)
