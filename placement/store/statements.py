"""The statements of the ledger, as SQLAlchemy has them. Events and promises follow by triggers, see `schema`."""

from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from placement.admission.entry import ENDED, WAITING
from placement.store.records import ENTRY_COLUMNS, EVENT_COLUMNS
from placement.store.schema import entries, events, lease, promises

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}  # alike, but of no common type


def compiled(statement: ClauseElement, dialect: Dialect) -> str:
    """A statement as text, whose values the driver takes by name.

    For those that are executed thousands of times a second: what SQLAlchemy does around an execution of its own
    statements takes several times as long as the writing itself.
    """
    if dialect.name == "sqlite":
        dialect = sqlite.dialect(paramstyle="named")
    return str(statement.compile(dialect=dialect))


def come(database: str) -> Any:
    """An entry of a new id; `database`: `sqlite` or `postgresql`."""
    names = [*(column.name for column in ENTRY_COLUMNS), "agent"]
    return _INSERTS[database](entries).inline().values({name: bindparam(name) for name in names})


def add(database: str) -> Insert:
    """An entry, unless there is one of its id; as `come`."""
    return come(database).on_conflict_do_nothing(index_elements=["id"])  # type: ignore[no-any-return]


def promise(database: str) -> Insert:
    """A promise, unless the entry has one; as `come`."""
    names = ("entry", "queue", "from_s", "to_s", "made_s")
    new = _INSERTS[database](promises).values({name: bindparam(name) for name in names})
    return new.on_conflict_do_nothing(index_elements=["entry"])  # type: ignore[no-any-return]


def upsert(database: str, table: Table, key: tuple[str, ...], values: tuple[str, ...]) -> Insert:
    """A row of `table`, or these values of the one that has its key; as `come`."""
    new = _INSERTS[database](table).inline().values({name: bindparam(name) for name in (*key, *values)})
    changed = {name: new.excluded[name] for name in values}
    return new.on_conflict_do_update(index_elements=list(key), set_=changed)  # type: ignore[no-any-return]


def lead(database: str, clock: str | None) -> Insert:
    """Takes or prolongs `task` for `agent`, `ttl_s` long, unless another has it; `clock`: SQL, or None for `now_s`."""
    now: ColumnElement[float] = literal_column(clock) if clock else bindparam("now_s")
    values = {"task": bindparam("task"), "agent": bindparam("agent"), "until_s": now + bindparam("ttl_s")}
    new = _INSERTS[database](lease).values(values)
    is_free = (lease.c.agent == new.excluded.agent) | (lease.c.until_s <= now)
    taken = {"agent": new.excluded.agent, "until_s": new.excluded.until_s}
    return new.on_conflict_do_update(index_elements=["task"], set_=taken, where=is_free)  # type: ignore[no-any-return]


_MOVE: Update = (
    entries.update()
    .where(entries.c.id == bindparam("entry"), entries.c.state == bindparam("before"))
    .values(state=bindparam("after"), since_s=bindparam("now_s"), agent=bindparam("agent"))
)
CLAIM = _MOVE.values(queue=bindparam("said"))
SEE = _MOVE.values(application=bindparam("said"))
END = _MOVE.values(reason=bindparam("said"))
SET_MOVED: Update = entries.update().where(entries.c.id == bindparam("entry")).values(moved_s=bindparam("moved"))

_ENTRIES = select(*ENTRY_COLUMNS)
ENTRY = _ENTRIES.where(entries.c.id == bindparam("entry"))
ENTRIES = _ENTRIES.where(entries.c.id.in_(bindparam("ids", expanding=True)))
IN_LINE = _ENTRIES.where(entries.c.state == WAITING).order_by(entries.c.priority.desc(), entries.c.number)
OWN = select(entries.c.id).where(entries.c.state == WAITING, entries.c.agent == bindparam("writer"))
IN_STATE = _ENTRIES.where(entries.c.state == bindparam("word")).order_by(entries.c.since_s, entries.c.number)
OF_ACCOUNT = (
    _ENTRIES.where(entries.c.account == bindparam("whose")).order_by(entries.c.number.desc()).limit(bindparam("most"))
)

_EVENTS: Select[Any] = select(*EVENT_COLUMNS).order_by(events.c.id)
EVENTS = _EVENTS.where(events.c.entry == bindparam("entry"))
CHANGES = _EVENTS.where(events.c.id > bindparam("seen"), events.c.agent != bindparam("writer")).limit(bindparam("most"))
LAST_EVENT = select(func.coalesce(func.max(events.c.id), 0))
PROMISES: Select[Any] = select(promises).order_by(promises.c.made_s.desc()).limit(bindparam("most"))

_OLD = (
    select(entries.c.number)
    .where(entries.c.state.in_(ENDED), entries.c.since_s < bindparam("before_s"))
    .limit(bindparam("most"))
)
PRUNE: Delete = delete(entries).where(entries.c.number.in_(_OLD))  # and what refers to them, by the tables
