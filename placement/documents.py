"""YAML documents with positions: text in, a checked value out, every fault named by file, line and column."""

from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from placement.errors import Place, PlacementError, Problem, nearest, quoted

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[int | str, ...]
Places = dict[Path, Place]


def read(model: type[Model], source: bytes, file: str) -> Model:
    """The document as a `model`; an empty one has the model's defaults.

    Raises PlacementError with all problems found: text that is not YAML, keys given twice, what the model refuses.
    """
    node, value = _load(source, file)
    places: Places = {}
    problems: list[Problem] = []
    lines = source.decode("utf-8", "replace").splitlines()
    if node is not None:
        _walk(node, (), _Reader(file, lines, places, problems))
    if problems:
        raise PlacementError(*problems)
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        start = Place(file, 1, 1, 1, lines[0] if lines else "")
        known = [field.alias or name for name, field in model.model_fields.items()]
        raise PlacementError(*_problems(error.errors(), places, start, known)) from error


def _load(source: bytes, file: str) -> tuple[yaml.Node | None, object]:
    try:
        return yaml.compose(source, Loader=yaml.SafeLoader), yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = source.decode("utf-8", "replace").splitlines()
        place = Place(file)
        if mark:
            text = lines[mark.line] if mark.line < len(lines) else ""
            place = Place(file, mark.line + 1, mark.column + 1, 1, text)
        message = error.problem or error.context or "not YAML"
        raise PlacementError(Problem("not-yaml", message, place, "correct the syntax there")) from error
    except yaml.reader.ReaderError as error:
        before = source[: error.position]
        place = Place(file, before.count(b"\n") + 1, error.position - before.rfind(b"\n"))
        message = f"a character that YAML does not allow: {error.reason}"
        raise PlacementError(Problem("not-yaml", message, place, "save the file as UTF-8 text")) from error


class _Reader:
    """What the walk through a document carries along."""

    def __init__(self, file: str, lines: list[str], places: Places, problems: list[Problem]) -> None:
        self.file = file
        self.lines = lines
        self.places = places
        self.problems = problems
        self.seen: set[int] = set()

    def place(self, node: yaml.Node) -> Place:
        start, end = node.start_mark, node.end_mark
        text = self.lines[start.line] if start.line < len(self.lines) else ""
        width = end.column - start.column if end.line == start.line else len(text) - start.column
        return Place(self.file, start.line + 1, start.column + 1, max(1, width), text)


def _walk(node: yaml.Node, path: Path, reader: _Reader) -> None:
    """Notes the place of every key and value; a key that stands twice is a problem, for YAML would take the last."""
    reader.places.setdefault(path, reader.place(node))
    if id(node) in reader.seen:  # an alias: walked where its anchor stands
        return
    reader.seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in keys:
                message = f"the key {quoted(name)} stands here twice"
                reader.problems.append(Problem("key-twice", message, reader.place(key), "keep one of them"))
            keys.add(name)
            reader.places[(*path, name, "[key]")] = reader.place(key)
            _walk(value, (*path, name), reader)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), reader)


def _problems(errors: list[ErrorDetails], places: Places, start: Place, known: list[str]) -> list[Problem]:
    """What pydantic found, in our words and at its place; the ways in which one value fails are put together."""
    found: dict[tuple[int, int, str], Problem] = {}
    for error in errors:
        path: Path = ()
        for part in error["loc"]:  # it holds names of alternatives too, which are not in the document
            if (*path, part) in places:
                path = (*path, part)
        if error["type"] == "extra_forbidden":
            problem = _unknown_key(path, places, known)
        else:
            problem = Problem("bad-value", f"expected {_expected(error)}", places.get(path, start), _SEE)
        place = problem.place or start
        key = (place.line, place.column, problem.code)
        if key in found:
            found[key].message += f", or {_expected(error)}"
        else:
            found[key] = problem
    return [found[key] for key in sorted(found)]


_SEE = "docs/policy.md says what can stand here"
_EXPECTED = {
    "dict_type": "settings, `key: value`",
    "model_type": "settings, `key: value`",
    "list_type": "a list, `[a, b]`",
    "string_type": "a text (in quotes, if it looks like a number or yes or no)",
}


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", "`")
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _EXPECTED.get(error["type"], error["msg"])


def _unknown_key(path: Path, places: Places, known: list[str]) -> Problem:
    key, nested = str(path[-1]), len(path) > 1
    near = None if nested else nearest(key, known)
    remedy = f"did you mean {quoted(near)}?" if near else _SEE if nested else f"known are {', '.join(known)}"
    return Problem("unknown-key", f"{quoted(key)} is no setting", places[(*path, "[key]")], remedy)
