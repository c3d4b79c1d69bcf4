"""YAML documents with positions: text in, a checked value out, every fault named by file, line and column."""

from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from placement import collector
from placement.errors import Place, PlacementError, Problem, nearest, quoted

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[int | str, ...]
Places = dict[Path, Place]
KEY = "[key]"  # after the path of a value: its key


def read(model: type[Model], source: bytes, file: str, guide: str = "docs/policy.md") -> Model:
    """The document as a `model`; an empty one has the model's defaults. `guide`: the page that says what it may hold.

    Raises PlacementError with all problems found: text that is not YAML, keys given twice, what the model refuses.
    """
    return read_with_places(model, source, file, guide)[0]


def read_with_places(model: type[Model], source: bytes, file: str, guide: str) -> tuple[Model, Places]:
    """As `read`, and the place of every value by its path: `("queues", 0, "name")`; see `place_of`."""
    with collector.paused():
        return _read(model, source, file, guide)


def _read(model: type[Model], source: bytes, file: str, guide: str) -> tuple[Model, Places]:
    places: Places = {}
    problems: list[Problem] = []
    lines = source.decode("utf-8", "replace").splitlines()
    value = _load(source, _Reader(file, lines, places, problems))
    places.setdefault((), Place(file, 1, 1, 1, lines[0] if lines else ""))
    if problems:
        raise PlacementError(*problems)
    try:
        return model.model_validate(({} if not _is_list(model) else []) if value is None else value), places
    except ValidationError as error:
        raise PlacementError(*_problems(error.errors(), places, model, guide)) from error


def place_of(places: Places, path: Path) -> Place:
    """Where the value of `path` stands; where an alias stands in for it, the place of the alias."""
    while path not in places:
        path = path[:-1]
    return places[path]


def key_place_of(places: Places, path: Path) -> Place:
    """Where the last key of `path` stands."""
    return places.get((*path, KEY)) or place_of(places, path)


def _load(source: bytes, reader: "_Reader") -> object:
    """The document as plain values; the reader has seen every node of it."""
    file = reader.file
    try:
        loader, node = _parsed(source)
        if node is None:
            return None
        _walk(node, (), reader)  # before values are made, for that takes merged keys (`<<`) into the nodes
        value: object = loader.construct_document(node)
        return value
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file)
        if mark:
            text = reader.lines[mark.line] if mark.line < len(reader.lines) else ""
            place = Place(file, mark.line + 1, mark.column + 1, 1, text)
        message = error.problem or error.context or "not YAML"
        raise PlacementError(Problem("not-yaml", message, place, "correct the syntax there")) from error
    except RecursionError as error:
        message = "lists or settings within each other, deeper than can be read"
        raise PlacementError(Problem("not-yaml", message, Place(file), "write it with fewer levels")) from error
    except yaml.reader.ReaderError as error:
        before = source[: error.position]
        place = Place(file, before.count(b"\n") + 1, error.position - before.rfind(b"\n"))
        message = f"a character that YAML does not allow: {error.reason}"
        raise PlacementError(Problem("not-yaml", message, place, "save the file as UTF-8 text")) from error


def _parsed(source: bytes) -> "tuple[SafeConstructor, yaml.Node | None]":
    """The document as nodes, and who makes values of them. libyaml, where it is there, is five times as fast.

    What it refuses is read by PyYAML itself, so that messages are the same everywhere.
    """
    if _Libyaml is not None:
        loader = _Libyaml(source)
        try:
            return loader, loader.get_single_node()
        except yaml.YAMLError:
            pass
    plain = yaml.SafeLoader(source)
    return plain, plain.get_single_node()


def _libyaml() -> Any:
    """A loader of libyaml's events; None without libyaml.

    Its own nodes are not for us: libyaml makes them by recursion in C, which lists within lists can drive too far.
    """
    if not yaml.__with_libyaml__:
        return None
    from yaml._yaml import CParser

    class Loader(Composer, CParser, SafeConstructor, Resolver):
        def __init__(self, source: bytes) -> None:
            CParser.__init__(self, source)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    return Loader


_Libyaml = _libyaml()


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
        column = start.column
        if width == 0:  # nothing is written there: right behind the colon, wherever libyaml sees it
            column = len(text[:column].rstrip(" \t"))
        return Place(self.file, start.line + 1, column + 1, max(1, width), text)


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
            reader.places[(*path, name, KEY)] = reader.place(key)
            _walk(value, (*path, name), reader)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), reader)


def _problems(errors: list[ErrorDetails], places: Places, model: type[BaseModel], guide: str) -> list[Problem]:
    """What pydantic found, in our words and at its place; the ways in which one value fails are put together."""
    found: dict[tuple[int, int, str], Problem] = {}
    for error in errors:
        path: Path = ()
        for part in error["loc"]:  # it holds names of alternatives too, which are not in the document
            if (*path, part) in places:
                path = (*path, part)
        if error["type"] == "extra_forbidden":
            problem = _unknown_key(path, places, _keys(model, path[:-1]))
        else:
            remedy = f"{guide} says what can stand here"
            problem = Problem("bad-value", f"expected {_expected(error)}", place_of(places, path), remedy)
        place = problem.place or places[()]
        key = (place.line, place.column, problem.message if error["type"] == "missing" else problem.code)
        if key in found:
            found[key].message += f", or {_expected(error)}"
        else:
            found[key] = problem
    return [found[key] for key in sorted(found)]


_EXPECTED = {
    "bool_type": "`true` or `false`",
    "dict_type": "settings, `key: value`",
    "model_type": "settings, `key: value`",
    "list_type": "a list, `[a, b]`",
    "recursion_loop": "a list that does not contain itself",
    "string_too_short": "a text that is not empty",
    "string_type": "a text (in quotes, if it looks like a number or yes or no)",
}


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", "`")
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "missing":
        return f"the setting {quoted(str(error['loc'][-1]))} here"
    return _EXPECTED.get(error["type"], error["msg"])


def _unknown_key(path: Path, places: Places, known: list[str]) -> Problem:
    key = str(path[-1])
    near = nearest(key, known)
    remedy = f"did you mean {quoted(near)}?" if near else f"known are {', '.join(known)}"
    return Problem("unknown-key", f"{quoted(key)} is no setting", key_place_of(places, path), remedy)


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the model knows in the settings at `path`."""
    kinds: list[Any] = [model]
    for part in path:
        kinds = [below for kind in kinds for below in _below(kind, part)]
    fields = [item for kind in _flat(kinds) if _is_model(kind) for item in kind.model_fields.items()]
    return [field.alias or name for name, field in fields]


def _below(kind: Any, part: int | str) -> list[Any]:
    """The types that a value at `part` of a value of the type `kind` can have."""
    found = []
    for each in _flat([kind]):
        if _is_model(each):
            found += [field.annotation for name, field in each.model_fields.items() if part in (name, field.alias)]
        elif get_origin(each) in (list, dict, tuple):
            found.append(get_args(each)[-1])
    return found


def _flat(kinds: list[Any]) -> list[Any]:
    """The types with alternatives taken apart, and models that are a mere list or mapping as that."""
    found: list[Any] = []
    for kind in kinds:
        if get_origin(kind) in (Union, UnionType):
            found += _flat(list(get_args(kind)))
        elif get_origin(kind) is Annotated:
            found += _flat([get_args(kind)[0]])
        elif _is_model(kind) and issubclass(kind, RootModel):
            found += _flat([kind.model_fields["root"].annotation])
        else:
            found.append(kind)
    return found


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_list(model: type[BaseModel]) -> bool:
    return get_origin(_flat([model])[0]) is list
