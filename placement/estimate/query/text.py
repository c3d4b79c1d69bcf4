"""SQL as a command says it: cut into statements, and each made a tree by sqlglot, within bounds.

What only sets, shows or defines something is known by its first word and never parsed. Whatever text comes, there is
an answer: a tree, "needs nothing", or the reason why it cannot be said.
"""

import logging
import re
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from placement.errors import visible

LONGEST = 200_000  # characters of a text
MOST_TOKENS = 20_000  # of a text: about a second
DEEPEST = 40  # brackets within each other
READ = frozenset(("select", "with", "insert", "create", "from", "values", "(", "table", "replace"))
QUIET = frozenset(
    (
        "set",
        "reset",
        "unset",
        "use",
        "show",
        "describe",
        "desc",
        "explain",
        "help",
        "drop",
        "alter",
        "grant",
        "revoke",
        "comment",
        "add",
        "delete",
        "list",
        "source",
        "reload",
        "msck",
        "truncate",
        "refresh",
        "invalidate",
        "uncache",
        "clear",
        "begin",
        "start",
        "commit",
        "rollback",
        "abort",
        "lock",
        "unlock",
        "declare",
        "prepare",
        "deallocate",
        "import",
        "export",
        "dfs",
        "quit",
        "exit",
    )
)
RUN = ("delete from", "explain analyze")  # that begin like quiet ones
SPEAKS = {"cassandra": "", "hbase": "", "elasticsearch": "", "opensearch": "", "solr": ""}  # the standard will do
BROKEN = (
    SqlglotError,
    RecursionError,
    ValueError,
    AttributeError,
    TypeError,
    LookupError,
)  # a parser fed with anything
_VARIABLE = re.compile(r"\$\{[^{}]{0,200}\}")  # of hive, beeline and spark-sql: its value is not known here
_SHELL = re.compile(r"^\s*!.*$", re.MULTILINE)  # beeline's own commands
UNSET = "_unset_"

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns on standard error of what we take up ourselves


class Statement(NamedTuple):
    """`tree` None and `reason` empty: needs nothing. `words` are its first ones, small."""

    words: str
    tree: exp.Expr | None = None
    reason: str = ""


def statements(text: str, dialect: str) -> list[Statement]:
    """The statements of a text in a dialect of sqlglot, or an engine's name. A reason stands in place of a tree."""
    if len(text) > LONGEST:
        return [Statement("", reason=f"the text has {len(text)} characters, more than {LONGEST}")]
    text = _VARIABLE.sub(UNSET, _SHELL.sub("", text))
    try:
        speaker = Dialect.get_or_raise(SPEAKS.get(dialect, dialect))
        tokens = speaker.tokenize(text)
    except BROKEN as error:
        return [Statement("", reason=_words_of(error))]
    if len(tokens) > MOST_TOKENS:
        return [Statement("", reason=f"the text has {len(tokens)} words, more than {MOST_TOKENS}")]
    return [_statement(chunk, text, speaker) for chunk in _chunks(tokens) if chunk]


def _chunks(tokens: list[Token]) -> list[list[Token]]:
    chunks: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            chunks.append([])
        else:
            chunks[-1].append(token)
    return chunks


def _statement(tokens: list[Token], text: str, speaker: Dialect) -> Statement:
    words = visible(" ".join(token.text.lower()[:20] for token in tokens[:2]))
    first = tokens[0].text.lower().split()[0] if tokens[0].text.split() else ""
    if first in QUIET and not words.startswith(RUN):
        return Statement(words)
    if first not in READ:
        return Statement(words, reason=f"statements that begin with `{words}` are not read")
    if _depth(tokens) > DEEPEST:
        return Statement(words, reason=f"brackets stand in each other more than {DEEPEST} deep")
    try:
        trees = speaker.parser(error_level=ErrorLevel.RAISE).parse(tokens, text)
    except BROKEN as error:
        return Statement(words, reason=_words_of(error))
    tree = trees[0] if len(trees) == 1 else None
    if tree is None or isinstance(tree, exp.Command):
        return Statement(words, reason=f"`{words}` is written in a way that is not understood")
    if isinstance(tree, exp.Create) and not isinstance(tree.expression, exp.Query):
        return Statement(words)
    for column in list(tree.find_all(exp.Column)) if UNSET in text else ():
        if column.name == UNSET and not column.table:
            column.replace(exp.Literal.string(UNSET))
    return Statement(words, tree)


def _depth(tokens: list[Token]) -> int:
    """Brackets and CASEs that stand open at once, at most."""
    depth = deepest = 0
    for token in tokens:
        if token.text in ("(", "[", "{") or token.token_type == TokenType.CASE:
            depth += 1
            deepest = max(deepest, depth)
        elif token.text in (")", "]", "}") or token.token_type == TokenType.END:
            depth -= 1
    return deepest


def _words_of(error: BaseException) -> str:
    """Why, in a line: the parser's message without the excerpt that it colours for a terminal."""
    if isinstance(error, RecursionError):
        return "it is nested deeper than can be read"
    first = str(error).split("\n", 1)[0].strip()
    return f"it cannot be parsed: {visible(first[:200]).rstrip('.')}" if first else "it cannot be parsed"
