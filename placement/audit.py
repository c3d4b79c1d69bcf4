"""The audit trail, as it is written: one line of JSON for each decision, before the command runs.

Adapter on the hot path: standard library only. A line is one write to a file opened for appending, or one datagram to
syslog or journald, so lines of several writers never mix. `placement.audit_file` reads them.
"""

import posix
import stat
import time

from placement.errors import Place, PlacementError, Problem
from placement.policy import NOWHERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    from placement.decision import Decision

    Json: TypeAlias = "str | float | bool | Sequence[Json] | Mapping[str, Json] | None"

SYSLOG, JOURNALD = "syslog", "journald"
USER = "%user"  # in the path of a file: who really typed
SYSLOG_SOCKET = "/dev/log"
JOURNALD_SOCKET = "/run/systemd/journal/socket"
SYSLOG_LEAD = "<86>placement: "  # facility authpriv, severity info; RFC 3164, section 4.1.1
# Looked for with `-`, `_` and `.` between two words and without.
SECRETS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "accesskey",
    "apikey",
    "accountkey",
    "privatekey",
    "fs.azure.sas",
)
SHORT_SECRETS = {"beeline": "p", "hive": "p"}  # options that have a password without saying so
MASK = "***"
_ENDS = " ;&,?\"'"  # where a secret within a longer argument ends


def write(record: "Mapping[str, Json]", to: str, user: str) -> None:
    """Appends `record` to the trail at `to`: SYSLOG, JOURNALD, NOWHERE, or the path of a file, its %user being `user`.

    Raises PlacementError `audit-unwritten` if it cannot be written whole.
    """
    if to == NOWHERE:
        return
    line = encoded(record)
    try:
        if to == SYSLOG:
            _send(SYSLOG_SOCKET, (SYSLOG_LEAD + line).encode())
        elif to == JOURNALD:
            _send(JOURNALD_SOCKET, f"PRIORITY=6\nSYSLOG_IDENTIFIER=placement\nMESSAGE={line}\n".encode())
        else:
            path = to.replace(USER, user.replace("/", "_"))
            _append(path, line.encode(), is_own=path != to)
    except OSError as error:
        why = error.strerror or str(error)
        remedy = "give this user the right to append there, make room, or change `audit` in site.yaml"
        problem = Problem("audit-unwritten", f"the audit trail cannot be written: {why}", Place(to), remedy)
        raise PlacementError(problem) from error


def entry(
    decision: "Decision",
    began_ns: int,
    troubles: "list[Problem]",
    real: str | None = None,
    arguments: "list[str] | None" = None,
) -> "dict[str, Json]":
    """The record of a decision that was begun at `began_ns` (of `time.monotonic_ns`), on the command `real`.

    `troubles` are what was wrong with the policy all the same. `arguments` are recorded masked; None: not at all, and
    then neither those of the application.
    """
    data: dict[str, Any] = decision.as_data()
    command = data["command"]
    known = {fact: value for fact, value in decision.submission.facts.items() if value is not None}
    family = ""
    if command:
        family = command["family"]
        if arguments is None:
            del command["arguments"]
        else:
            command["arguments"] = masked(command["arguments"], SHORT_SECRETS.get(family, ""))
        for key in ("application", "script", "name"):
            if command[key] is not None:
                command[key] = masked([command[key]])[0]
        if "name" in known:
            known["name"] = command["name"]
    told = {} if arguments is None else {"arguments": masked(arguments, SHORT_SECRETS.get(family, ""))}
    took_us = (time.monotonic_ns() - began_ns) // 1000
    wrong = [problem.in_one_line() for problem in troubles]
    return {"time": now(), **data, "facts": known, "real": real, **told, "troubles": wrong, "duration_us": took_us}


def failure(error: PlacementError, decision_id: str, began_ns: int, command: str, on_error: str) -> "dict[str, Json]":
    """The record of a `command` about which nothing could be decided, and of what `on-error` made of it."""
    problem = error.problems[0]
    took_us = (time.monotonic_ns() - began_ns) // 1000
    return {
        "time": now(),
        "outcome": "error",
        "reason": problem.code,
        "message": problem.in_one_line(),
        "on_error": on_error,
        "command": {"family": command},
        "identity": None,
        "uid": posix.getuid(),
        "id": decision_id,
        "duration_us": took_us,
    }


def now() -> str:
    """The time as the trail has it: `2026-11-21T10:15:00.123Z`."""
    nanoseconds = time.time_ns()
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // 1_000_000_000))
    return f"{seconds}.{nanoseconds // 1_000_000 % 1000:03d}Z"


def masked(arguments: list[str], short: str = "") -> list[str]:
    """The arguments without what is named like a secret, as a key or an option, and without passwords in URLs.

    `short` is the letter of an option whose value is one.
    """
    shown, is_secret = [], False
    for argument in arguments:
        is_glued = bool(short) and argument.startswith(f"-{short}") and len(argument) > 2
        shown.append(MASK if is_secret else f"-{short}{MASK}" if is_glued else _masked(argument))
        is_option = argument.startswith("-") and "=" not in argument
        is_secret = is_option and (_names_secret(argument) or (bool(short) and argument in (f"-{short}", f"--{short}")))
    return shown


def encoded(value: "Json") -> str:
    """`value` as JSON in ASCII, on one line; bytes that are no text are lone surrogates, `\\udcff`."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value) if value - value == 0 else "null"  # JSON has no infinity
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(encoded, value))}]"
    return "{" + ", ".join(f"{_text(key)}: {encoded(each)}" for key, each in value.items()) + "}"  # type: ignore[union-attr]


def _text(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if 32 <= code < 127:
        return character
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _append(path: str, line: bytes, is_own: bool = False) -> None:
    """Writes the line, at the beginning of one: what a full disk cut short is ended first.

    `is_own`: the file is for this account alone, and nobody else may have put it there.

    A line that another is just writing looks cut short too; then an empty line stands between the two.
    """
    flags = posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_NOCTTY
    try:
        descriptor, is_readable = posix.open(path, flags | posix.O_RDWR, 0o640), True
    except PermissionError:
        descriptor, is_readable = posix.open(path, flags | posix.O_WRONLY, 0o640), False
    try:
        status = posix.fstat(descriptor)
        if stat.S_ISFIFO(status.st_mode):
            raise OSError(22, "it is a pipe")
        if is_own and status.st_uid not in (0, posix.geteuid()):
            raise OSError(1, f"it belongs to user id {status.st_uid}")
        size = status.st_size
        is_whole = not size or (is_readable and posix.pread(descriptor, 1, size - 1) == b"\n")
        line = b"%s%s\n" % (b"" if is_whole else b"\n", line)
        if posix.write(descriptor, line) != len(line):
            raise OSError(28, "no room for a whole line")
    finally:
        posix.close(descriptor)


def _send(path: str, datagram: bytes) -> None:
    import _socket  # what `socket` stands on; `socket` itself takes longer to import than the decision

    sender = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    try:
        sender.settimeout(1.0)  # seconds
        sender.connect(path)
        sender.send(datagram)
    finally:
        sender.close()


def _names_secret(text: str) -> bool:
    lower = text.lower()
    plain = lower.replace("-", "").replace("_", "").replace(".", "")
    return any(word in lower or word in plain for word in SECRETS)


def _without_password(rest: str) -> str:
    """What stands behind the `://` of a URL, its password masked."""
    authority = rest.partition("/")[0]
    if "@" not in authority or ":" not in authority:
        return rest
    account, _, host = authority.rpartition("@")
    return f"{account.partition(':')[0]}:{MASK}@{host}{rest[len(authority) :]}"


def _masked(argument: str) -> str:
    first, *rests = argument.split("://")
    argument = "://".join([first, *map(_without_password, rests)])
    if "=" not in argument or not _names_secret(argument):
        return argument
    key, _, rest = argument.partition("=")
    if _names_secret(key.rpartition(";")[2]) and "://" not in key:
        return f"{key}={MASK}"
    out = f"{key}="
    while "=" in rest or _names_secret(key):
        if _names_secret(key):
            if rest[:1] in ("'", '"'):
                end = rest.find(rest[0], 1) + 1 or len(rest)
            else:
                end = next((at for at, character in enumerate(rest) if character in _ENDS), len(rest))
            out, rest = out + MASK, rest[end:]
        key, equals, rest = rest.partition("=")
        out += key + equals
    return out + rest
