"""What finished queries teach: of the user's own alone, by what is known for sure, stored, published, and told."""

import math
import random
import sqlite3
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.audit import MASK
from placement.estimate.estimator import Estimator
from placement.estimate.query import published
from placement.estimate.query.catalogue import Catalogue, Field, Table
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.model import estimate
from placement.estimate.table import HEAD, content
from placement.estimate.table import Table as Rows
from placement.learning.learner import Learner
from placement.learning.learning import Learning
from placement.policy_files import PolicyFiles
from placement.sizing.features import SQL
from placement.store.engine import open_engine
from placement.store.runs import Runs
from placement.store.states import States
from placement.yarn.terms import Terms
from tests.unit.learning.learned_rows import DAY_S, NOW_S, row
from tests.unit.learning.site_to_learn import site

SALES = Table("shop.sales", rows=1e8, rows_per_day=1e6, time_column="dt", fields={
    "id": Field("bigint", distinct=1e8), "shop": Field("int", distinct=50), "dt": Field("date"),
})  # fmt: skip
CATALOGUE = Catalogue({"shop.sales": SALES})
SORT = "insert into x select id from sales order by id"  # 1e8 rows of 8 bytes
BYTES = 8e8


def query(number, held=20 * BYTES, sql=SORT, user="ann", **more):
    said = {"script": SQL, "arguments": ("-S", "-e", sql), "held_bytes": held, "spilled_bytes": 0.0}
    return row(number, name="SparkSQL::10.0.0.5", user=user, **(said | more))


def learner(engine, catalogue=CATALOGUE, troubles=None):
    one = Learner(Runs(engine), States(engine), Estimator, (troubles if troubles is not None else []).append)
    one.know(catalogue)
    return one


def told(one):
    return {key: tuple(numbers) for key, numbers in one.query_rows()}


def weight(one, user="ann", operation="sort", table="shop.sales"):
    """What the table that is published of it says."""
    file = content(sorted(one.query_rows()), published.WIDTH, 0)
    found = published.Published(user, Rows(lambda size, place: file[place : place + size], published.WIDTH).find)
    return found.of("spark", operation, table)


SHIPPED = Coefficients().of("spark", "sort", "shop.sales")


def learned(opened, rows, catalogue=CATALOGUE):
    Runs(opened()).add(rows)
    one = learner(opened(), catalogue)
    while one.learn():
        pass
    return one


@given(st.floats(0.1, 200), st.floats(0, 0.5), st.integers(0, 1000))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_told_tends_to_the_truth(tmp_path_factory, truth, noise, seed):
    dice = random.Random(seed)
    engine = open_engine(str(tmp_path_factory.mktemp("truth") / "ledger.db"))
    used = [truth * BYTES * dice.lognormvariate(0, noise) for _ in range(200)]
    one = learned(lambda: engine, [query(n, held, finished_s=NOW_S - n * 3600) for n, held in enumerate(used)])
    found = weight(one)
    assert abs(math.log(found.value / truth)) < 0.1 + noise / 2
    assert found.low < truth * 1.05
    assert found.high > truth / 1.05
    engine.dispose()


def test_the_need_goes_to_the_use_and_says_how_many_queries_taught_it(opened):
    one = learned(opened, [query(n) for n in range(6)])
    file = content(sorted(one.query_rows()), published.WIDTH, 0)
    read = Rows(lambda size, place: file[place : place + size], published.WIDTH).find
    need = estimate(SORT, "spark", "spark", CATALOGUE, published.Published("ann", read))
    assert need.memory_bytes == pytest.approx(20 * BYTES, rel=0.15)
    assert need.basis.endswith("sorted; coefficients from 6 queries")
    other = estimate(SORT, "spark", "spark", CATALOGUE, published.Published("bob", read))
    assert other.basis.endswith("coefficients as shipped")


def test_the_nonsense_of_one_changes_nothing_for_another(opened, tmp_path):
    sound = [query(n) for n in range(10)]
    dice = random.Random(3)
    nonsense = [query(100 + n, 10.0 ** dice.uniform(0, 17), user="bob") for n in range(300)]
    alone = learned(opened, sound)
    second = open_engine(str(tmp_path / "second.db"))
    among = learned(lambda: second, [*nonsense[:150], *sound, *nonsense[150:]])
    assert {key: row for key, row in told(among).items() if key.startswith("ann\0")} == told(alone)
    assert weight(among, "bob") != weight(alone, "bob") == SHIPPED
    second.dispose()


@given(st.lists(st.integers(1, 40), max_size=6), st.integers(0, 100))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_portions_by_anybody_teach_the_same(tmp_path_factory, portions, seed):
    dice = random.Random(seed)
    texts = [SORT, "select shop, count(*) from sales group by shop", f"{SORT}; select distinct id from sales", "x"]
    found = [
        query(n, BYTES * dice.lognormvariate(1, 2), dice.choice(texts), dice.choice(["ann", "bob"]),
              ended=dice.choice(["succeeded", "killed"]), finished_s=NOW_S - dice.randrange(100) * DAY_S)
        for n in range(80)
    ]  # fmt: skip
    engines = [open_engine(str(tmp_path_factory.mktemp("portions") / "ledger.db")) for _ in range(2)]
    expected = told(learned(lambda: engines[0], found))
    Runs(engines[1]).add(found)
    two = [learner(engines[1]), learner(engines[1])]
    for number, most in enumerate(portions):
        two[number % 2].learn(most)
    while two[0].learn():
        pass
    two[1].follow()
    assert told(two[0]) == told(two[1]) == expected
    assert len(expected) > 4
    for engine in engines:
        engine.dispose()


NOTHING = {
    "a file of statements": {"arguments": ("-f", "a.sql")},
    "a file of statements too": {"arguments": ("-e", SORT, "-f", "a.sql")},
    "statements of a file before": {"arguments": ("-i", "a.sql", "-e", SORT)},
    "two texts": {"arguments": ("-e", SORT, "-e", SORT)},
    "a text that was cut": {"arguments": ("-e", f"{SORT} --{' ' * 2000}"[:1000])},
    "a text that was masked": {"arguments": ("-e", f"{SORT} -- {MASK}")},
    "as many arguments as are kept": {"arguments": ("-e", SORT, *["-S"] * 98)},
    "a user whom no machine has": {"user": "x" * 1000},
    "a table of another database": {"arguments": ("--database", "x", "-e", SORT)},
    "a table of another database, in a word": {"arguments": ("-e", SORT, "--database=x")},
    "no text": {"arguments": ("-e",)},
    "no arguments": {"arguments": ()},
    "another application": {"script": "job.py"},
    "a use that nobody measured": {"held": None},
    "a text that is no SQL": {"sql": "select ( from"},
    "a table that nobody knows": {"sql": "insert into x select id from other order by id"},
    "operations whose memory nobody counts": {"sql": "select id from sales limit 10"},
    "a statement that holds nothing": {"sql": "show tables"},
}


@pytest.mark.parametrize("case", NOTHING)
def test_teaches_nothing(opened, case):
    one = learned(opened, [query(1, **NOTHING[case]), query(2, user="other")])
    assert {key.split("\0")[0] for key in told(one)} == {"other"}


def test_the_database_is_the_one_that_was_named(opened):
    assert told(learned(opened, [query(1, arguments=("--database", "shop", "-e", SORT))]))


def test_without_a_catalogue_nothing_is_learned(opened):
    assert told(learned(opened, [query(1)], None)) == {}


BOUNDS = {
    "failed": {"ended": "failed"},
    "killed": {"ended": "killed"},
    "out of memory": {"ended": "out-of-memory"},
    "spilled": {"spilled_bytes": 5.0},
}


@pytest.mark.parametrize("case", BOUNDS)
def test_what_did_not_hold_all_is_a_bound(opened, tmp_path, case):
    low = learned(opened, [query(n, BYTES / 100, **BOUNDS[case]) for n in range(5)])
    assert weight(low).value == SHIPPED.value
    second = open_engine(str(tmp_path / "second.db"))
    high = learned(lambda: second, [query(n, BYTES * 50, **BOUNDS[case]) for n in range(5)])
    assert weight(high).value > 3 * SHIPPED.value
    second.dispose()


def test_the_result_in_the_driver_is_no_part_of_what_was_measured(opened):
    """The sort held what was measured of it, however much else the statement needs."""
    one = learned(opened, [query(n, sql="select id from sales order by id") for n in range(10)])
    assert weight(one).value == pytest.approx(20, rel=0.1)
    assert weight(one, operation="result") == Coefficients().of("spark", "result", "shop.sales")


def test_today_is_the_day_on_which_it_ran(opened):
    sql = "insert into x select id from sales where dt >= '2096-09-20' and dt < current_date() order by id"
    began_s = NOW_S - 5 * DAY_S  # on 2096-09-27: seven days of 1e6 rows of 8 bytes
    one = learned(opened, [query(n, 20 * 56e6, sql, started_s=began_s) for n in range(10)])
    assert weight(one).value == pytest.approx(20, rel=0.1)


def test_what_was_learned_lives_as_long_as_its_user_runs_queries(opened):
    one = learned(opened, [query(1, user="gone", finished_s=NOW_S - 100 * DAY_S), query(2)])
    assert {key.split("\0")[0] for key in told(one)} == {"gone", "ann"}
    assert one.forget(NOW_S - 50 * DAY_S) > 0
    one.renew()
    assert {key.split("\0")[0] for key in told(one)} == {"ann"}


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0x", None])
def test_what_is_damaged_is_named_and_learned_anew(opened, tmp_path, damage):
    expected = told(learned(opened, [query(n) for n in range(9)]))
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        (kept,) = connection.execute("SELECT content FROM states WHERE key = 'q:ann'").fetchone()
        worse = damage if damage is not None else kept[:10] + bytes([kept[10] ^ 1]) + kept[11:]
        connection.execute("UPDATE states SET content = ? WHERE key = 'q:ann'", (worse,))
    connection.close()
    troubles = []
    one = learner(opened(), troubles=troubles)
    assert one.learn() == 9
    assert [problem.code for problem in troubles] == ["states-damaged"]
    assert "`q:ann`" in troubles[0].message
    assert told(one) == expected


def test_what_is_stored_and_no_coefficients_is_damage(opened, tmp_path):
    """What passes its check sum and is none all the same."""
    learned(opened, [query(1)])
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        (other,) = connection.execute("SELECT content FROM states WHERE key LIKE 'x:%'").fetchone()
        connection.execute("UPDATE states SET content = ? WHERE key = 'q:ann'", (other,))
    connection.close()
    troubles = []
    learner(opened(), troubles=troubles).learn()
    assert [problem.code for problem in troubles] == ["states-damaged"]


@pytest.fixture
def gateway(tmp_path):
    """One that learns for the site in the test's folder, with runs of queries to learn."""
    one = Learning(str(tmp_path / "ledger.db"), "gateway-1", "agent", {})
    (tmp_path / "tables.yaml").write_text("tables: {shop.sales: {rows: 1e8, fields: {id: {type: bigint}}}}\n")
    one._runs.add([query(n) for n in range(5)])
    yield one
    one.close()


def one_pass(gateway, folder, **more):
    site(folder, "http://127.0.0.1:9", **more)
    said = PolicyFiles(str(folder)).site()
    return [each.code for each in gateway.once(said, said.estimates, Terms()).troubles if each.code != "rm-unreachable"]


def test_a_pass_publishes_beside_the_table_of_estimates(gateway, tmp_path):
    assert one_pass(gateway, tmp_path, catalogue=tmp_path / "tables.yaml") == []
    file = tmp_path / "estimates.table.queries"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    said = file.read_bytes()
    assert said[HEAD:] == content(sorted(gateway._learner.query_rows()), published.WIDTH, 0)[HEAD:]
    before = file.stat().st_ino
    one_pass(gateway, tmp_path, catalogue=tmp_path / "tables.yaml")
    assert file.stat().st_ino == before
    file.unlink()
    one_pass(gateway, tmp_path, catalogue=tmp_path / "tables.yaml")
    assert file.read_bytes()[HEAD:] == said[HEAD:]


def test_without_a_catalogue_nothing_is_published(gateway, tmp_path):
    assert one_pass(gateway, tmp_path) == []
    assert not (tmp_path / "estimates.table.queries").exists()


def test_a_catalogue_that_breaks_is_named_and_the_last_one_counts(gateway, tmp_path):
    where = tmp_path / "tables.yaml"
    one_pass(gateway, tmp_path, catalogue=where)
    where.write_text("tables: [")
    gateway._runs.add([query(n) for n in range(5, 10)])
    assert one_pass(gateway, tmp_path, catalogue=where) == ["not-yaml"]
    where.unlink()
    assert one_pass(gateway, tmp_path, catalogue=where) == ["no-catalogue"]
    assert {round(row[3]) for row in told(gateway._learner).values()} == {10}
