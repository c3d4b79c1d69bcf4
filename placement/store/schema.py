"""The tables of the ledger, alike on SQLite and PostgreSQL; what they hold true, they hold by themselves.

`migrations` makes them; tests/unit/store/test_migrations.py holds the two to one another.
"""

from sqlalchemy import (
    DDL,
    DOUBLE_PRECISION,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
)

STATES = "('waiting', 'reserved', 'running', 'finished', 'withdrawn', 'refused')"
ENDS = "('succeeded', 'failed', 'killed', 'out-of-memory')"
MEASURED = (
    "executors",
    "request_bytes",
    "allocated_bytes",
    "containers",
    "vcores",
    "peak_bytes",
    "runtime_s",
    "read_bytes",
    "shuffled_bytes",
    "spilled_bytes",
    "gc_s",
    "held_bytes",
    "memory_mib_s",
    "vcore_s",
)  # numbers of `runs`; null where they are not known

TABLES = MetaData()
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts in an INTEGER alone


def _of_entry(is_key: bool) -> Column[str]:
    return Column("entry", Text, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=is_key, nullable=False)


def _time(name: str, is_optional: bool = False) -> Column[float]:
    """Seconds since the epoch."""
    return Column(name, DOUBLE_PRECISION, nullable=is_optional)


# `number` is the order in which the database took the entries: their order of waiting, whatever the gateways' clocks
# say. `candidates` and `demand` are JSON. `agent`: who wrote the row last.
entries = Table(
    "entries",
    TABLES,
    Column("number", _NUMBER, Identity(), primary_key=True),
    Column("id", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("candidates", Text, nullable=False),
    Column("demand", Text, nullable=False),
    _time("arrived_s"),
    Column("priority", Integer, nullable=False),
    Column("command", Text, nullable=False),
    Column("state", Text, nullable=False),
    _time("since_s"),
    Column("queue", Text),
    Column("application", Text),
    Column("reason", Text, nullable=False),
    Column("moved_s", DOUBLE_PRECISION, nullable=False),
    Column("agent", Text, nullable=False),
    UniqueConstraint("id"),
    CheckConstraint(f"state IN {STATES}", name="known_state"),
    CheckConstraint("state NOT IN ('reserved', 'running') OR queue IS NOT NULL", name="turn_in_a_queue"),
    CheckConstraint("state <> 'running' OR application IS NOT NULL", name="running_application"),
    Index("entries_state", "state", "since_s"),
    Index("entries_account", "account"),
    sqlite_autoincrement=True,
)

# One row for each transition, which the database itself writes; `before` is null where the entry came. No entry is in
# one state twice: what gave a turn two times would break the uniqueness. Numbers grow in the order of commits, see
# `engine`, and none comes back.
events = Table(
    "events",
    TABLES,
    Column("id", _NUMBER, Identity(), primary_key=True),
    _of_entry(is_key=False),
    _time("when_s"),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("agent", Text, nullable=False),
    UniqueConstraint("entry", "after"),
    CheckConstraint(f"after IN {STATES}", name="known_after"),
    sqlite_autoincrement=True,
)

# The first promise of a start that an entry was given, and when it got its turn; it goes with who goes without one.
promises = Table(
    "promises",
    TABLES,
    _of_entry(is_key=True),
    Column("queue", Text, nullable=False),
    _time("from_s"),
    _time("to_s"),
    _time("made_s"),
    _time("started_s", is_optional=True),
    Index("promises_made", "made_s"),
)

# Who does what one agent alone may do.
lease = Table(
    "lease",
    TABLES,
    Column("task", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    _time("until_s"),
)

# What finished, a row for each role of an application; see `runs`. Sizes are bytes. `arguments` is JSON. `basis` says
# how `peak_bytes` was measured. `number` is the order in which they came: whoever has seen one has seen all before it.
runs = Table(
    "runs",
    TABLES,
    Column("number", _NUMBER, Identity(), primary_key=True),
    Column("application", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("script", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("decision", Text),
    _time("started_s", is_optional=True),
    _time("finished_s"),
    Column("ended", Text, nullable=False),
    *(Column(name, DOUBLE_PRECISION) for name in MEASURED),
    Column("basis", Text, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    UniqueConstraint("application", "role"),
    CheckConstraint(f"ended IN {ENDS}", name="known_end"),
    CheckConstraint("peak_bytes IS NULL OR peak_bytes > 0", name="measured_peak"),
    Index("runs_finished", "finished_s"),
    sqlite_autoincrement=True,
)

# Up to when what finished was read, of each source.
backfill = Table(
    "backfill",
    TABLES,
    Column("source", Text, primary_key=True),
    _time("mark_s"),
)

# What was learned of each key, see `states`: as it was when the run of that `number` had been learned. `last_s`: when
# the last run ended that it knows of.
states = Table(
    "states",
    TABLES,
    Column("key", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    _time("last_s"),
    Column("content", LargeBinary, nullable=False),
    Index("states_number", "number"),
    Index("states_last", "last_s"),
)

# Up to which number of `runs` all was learned.
learned = Table(
    "learned",
    TABLES,
    Column("what", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# The steps of `migrations` that were taken.
version = Table("version", TABLES, Column("step", Integer, primary_key=True, autoincrement=False))

_CAME = """
    INSERT INTO events (entry, when_s, before, after, said, agent)
    VALUES (NEW.id, NEW.since_s, NULL, NEW.state,
        CASE NEW.state WHEN 'reserved' THEN NEW.queue ELSE NEW.reason END, NEW.agent);"""
_MOVED = """
    INSERT INTO events (entry, when_s, before, after, said, agent)
    VALUES (NEW.id, NEW.since_s, OLD.state, NEW.state,
        CASE NEW.state WHEN 'reserved' THEN NEW.queue WHEN 'running' THEN NEW.application ELSE NEW.reason END,
        NEW.agent);
    UPDATE promises SET started_s = NEW.since_s WHERE entry = NEW.id AND NEW.state = 'reserved';
    DELETE FROM promises WHERE entry = NEW.id AND OLD.state = 'waiting' AND NEW.state <> 'reserved';"""

# SQLite has statements in a trigger, PostgreSQL a function that the trigger calls.
TRIGGERS = {
    "sqlite": (
        f"CREATE TRIGGER entry_came AFTER INSERT ON entries BEGIN{_CAME} END",
        f"CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entries BEGIN{_MOVED} END",
    ),
    "postgresql": (
        f"CREATE FUNCTION entry_came() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN{_CAME} RETURN NULL; END$$",
        f"CREATE FUNCTION entry_moved() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN{_MOVED} RETURN NULL; END$$",
        "CREATE TRIGGER entry_came AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION entry_came()",
        "CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entries FOR EACH ROW EXECUTE FUNCTION entry_moved()",
    ),
}
for _database, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(TABLES, "after_create", DDL(_statement).execute_if(dialect=_database))  # type: ignore[no-untyped-call]
