"""`placement estimate` of SQL: by the coefficients of who asks, and as shipped where they cannot be had."""

import getpass
import json

import pytest

from placement.estimate.query import published
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.table import HEAD, content

SQL = "insert into x select id from sales order by id"  # 1e8 rows of 8 bytes
BYTES = 8e8
ME = getpass.getuser()


def learned(ratio):
    found = Coefficients()
    for day in range(20_000, 20_010):
        found.observe({("spark", "sort", "sales"): BYTES}, BYTES * ratio, day)
    return found


class Site:
    """A policy with a catalogue, and the table of what queries taught."""

    def __init__(self, folder):
        folder.chmod(0o755)
        (folder / "map.txt").write_text("* root.batch\n")
        (folder / "groups.yaml").write_text(f"{ME}: [a]\nann: [a]\nbob: [a]\n")
        (folder / "tables.yaml").write_text("tables: {sales: {rows: 1e8, fields: {id: {type: bigint}}}}\n")
        said = f"{{table: {folder}/estimates.table, catalogue: {folder}/tables.yaml}}"
        (folder / "site.yaml").write_text(f"groups: {{static: groups.yaml}}\nestimates: {said}\n")
        self.folder = folder
        self.table = folder / "estimates.table.queries"

    def publish(self, **by_user):
        rows = [row for user, coefficients in by_user.items() for row in published.rows(user, coefficients)]
        self.table.write_bytes(content(sorted(rows), published.WIDTH, 0))
        self.table.chmod(0o644)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def told(site, run):
    """`told(user)`: bytes and basis of the query, and what was said on standard error."""

    def call(user=None, command="spark-sql"):
        who = ["--user", user] if user else []
        asked = ["estimate", "--policy", site.folder, *who, "--json", "--", command, "--master", "yarn", "-e", SQL]
        status, out, err = run(*asked)
        assert status == 0, err
        query = json.loads(out)["query"]
        return query["memory_bytes"], query["basis"], err

    return call


def test_who_asks_is_answered_by_his_own_queries(site, told):
    (shipped, basis, err) = told()
    assert (basis.endswith("coefficients as shipped"), err) == (True, "")
    site.publish(**{ME: learned(20), "ann": learned(0.3), "bob": Coefficients()})
    mine, basis, err = told()
    assert mine == pytest.approx(20 * BYTES, rel=0.1)
    assert (basis.endswith("coefficients from 10 queries"), err) == (True, "")
    assert told("ann")[0] == pytest.approx(0.3 * BYTES, rel=0.3)
    assert told("bob")[:2] == (shipped, told("bob")[1])
    assert told("bob")[1].endswith("coefficients as shipped")
    assert told(command="hive")[0] != mine  # what Spark's queries have taught is Spark's


DAMAGES = {
    "empty": lambda _: b"",
    "another file": lambda _: b"x" * 500,
    "cut": lambda said: said[: HEAD + 8],
    "the head": lambda said: said[:20] + b"\1" + said[21:],
    "an entry": lambda said: said[:-1] + bytes([said[-1] ^ 1]),
    "another width": lambda _: content([], 5, 0),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_table_counts_as_not_there(site, told, case):
    shipped = told()[0]
    site.publish(**{ME: learned(20)})
    site.table.write_bytes(DAMAGES[case](site.table.read_bytes()))
    found, basis, err = told()
    assert (found, basis.endswith("as shipped")) == (shipped, True)
    assert "warning[estimates-damaged]" in err
    assert "coefficients are as shipped" in err


def test_a_table_that_cannot_be_trusted_counts_as_not_there(site, told):
    shipped = told()[0]
    site.publish(**{ME: learned(20)})
    site.table.chmod(0o666)
    found, _, err = told()
    assert (found, "warning[writable-by-all]" in err) == (shipped, True)
    site.table.unlink()
    site.table.mkdir()
    found, _, err = told()
    assert (found, "warning[unreadable]" in err) == (shipped, True)


def test_numbers_that_none_can_be_are_damage(site, told):
    shipped = told()[0]
    rows = [(key, [float("nan")] * published.WIDTH) for key, _ in published.rows(ME, learned(20))]
    site.table.write_bytes(content(rows, published.WIDTH, 0))
    found, _, err = told()
    assert (found, "warning[estimates-damaged]" in err) == (shipped, True)


def test_the_database_is_the_one_that_is_named(site, run):
    tables = "{a.sales: {rows: 1e8, fields: {id: {type: bigint}}}, b.sales: {rows: 5, fields: {id: {type: bigint}}}}"
    (site.folder / "tables.yaml").write_text(f"tables: {tables}\n")

    def memory(*said):
        _, out, _ = run("estimate", "--policy", site.folder, "--json", "--", "hive", *said)
        query = json.loads(out)["query"]
        return query and query["memory_bytes"]

    assert memory("-e", SQL) is None
    assert memory("-e", SQL, "--database=b") < memory("--database", "a", "-e", SQL)
    assert memory("--database", "a") is None
