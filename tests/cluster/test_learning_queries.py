"""Real queries of `spark-sql -e` on this machine, their event logs learned: the estimate goes to what Spark says."""

import csv
import os
import random
import subprocess
from math import log

import pytest

from placement.estimate.query import published
from placement.estimate.query.engines import COUNTED
from placement.estimate.query.model import estimate
from placement.estimate.table import Table
from placement.learning.learning import Learning
from placement.learning.tables import Tables
from placement.observe.spark_log import SparkLog
from placement.policy_files import PolicyFiles
from placement.yarn.terms import Terms
from tests.cluster import parts
from tests.cluster.configuration import local_environment
from tests.unit.learning.site_to_learn import MIB, USER, finished, manager, site
from tests.unit.yarn.stub import serving

ROWS, CUSTOMERS, SHOPS = 100_000, 5000, 50
FIELDS = "customer bigint, shop bigint, amount double"
CATALOGUE = f"""
tables:
  sales:
    rows: {ROWS}
    fields:
      customer: {{type: bigint, distinct: {CUSTOMERS}}}
      shop: {{type: bigint, distinct: {SHOPS}}}
      amount: {{type: double}}
"""
GROUPS = "select max(m) from (select customer, max(amount) m from sales group by customer) g"
SORTED = "select max(r) from (select row_number() over (partition by shop order by amount) r from sales) w"
CONF = {
    "spark.eventLog.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}


@pytest.fixture
def folder(tmp_path):
    """A site with a catalogue, and the table's rows."""
    (tmp_path / "data").mkdir()
    dice = random.Random(1)
    with open(tmp_path / "data" / "sales.csv", "w", newline="") as file:
        rows = ((dice.randrange(CUSTOMERS), dice.randrange(SHOPS), dice.random()) for _ in range(ROWS))
        csv.writer(file).writerows(rows)
    (tmp_path / "tables.yaml").write_text(CATALOGUE)
    return tmp_path


def run(folder, name, sql):
    """One application, whose event log is put where those of a cluster are; what its operators held."""
    text = f"create table sales ({FIELDS}) using csv location '{folder}/data';\n-- by hand\n{sql}"
    environ = local_environment(folder)
    own = folder / f"log-of-{name}"
    own.mkdir()
    conf = CONF | {"spark.eventLog.dir": f"file://{own}", "spark.sql.warehouse.dir": f"{folder}/warehouse"}
    options = [word for each in conf.items() for word in ("--conf", "=".join(each))]
    command = [parts.spark_home() / "bin" / "spark-sql", "--master", "local[2]", "--driver-memory", "700m", *options]
    done = subprocess.run(
        [*command, "-e", text, "--hivevar", "x=1"],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (written,) = own.iterdir()
    log_of_it = SparkLog()
    with open(written, "rb") as file:
        log_of_it.read(file)
    written.rename(folder / "events" / name)
    (part,) = log_of_it.account().parts
    return part.held_bytes


def need(folder, sql, user=USER):
    """What the published table makes of the operations whose memory Spark counts: bytes, and what they rest on."""
    catalogue = Tables().catalogue(str(folder / "tables.yaml"))
    with open(folder / "estimates.table.queries", "rb") as file:
        table = Table(lambda size, place: os.pread(file.fileno(), size, place), published.WIDTH)
        found = estimate(sql, "spark", "spark", catalogue, published.Published(user, table.find))
    counted = [part for part in found.largest.counted if part.operation in COUNTED["spark"]]
    return sum(part.memory.value for part in counted), found.basis


@pytest.mark.engines  # a minute and more
def test_the_estimate_of_a_query_goes_to_what_its_operators_held(folder):
    apps = []
    with serving(manager(apps)) as rm:
        site(folder, rm.address, catalogue=folder / "tables.yaml")
        said = PolicyFiles(str(folder)).site()
        learning = Learning(str(folder / "ledger.db"), "gateway-1", USER, {})

        def learned(sql):
            apps.append(finished(len(apps), 600 - len(apps)))  # the last quarter of an hour is always looked at again
            held = run(folder, apps[-1]["id"], sql)
            assert learning.once(said, said.estimates, Terms()).troubles == []
            return held

        learning.once(said, said.estimates, Terms())
        shipped, basis = need(folder, GROUPS)
        assert basis.endswith("coefficients as shipped")
        held = learned(GROUPS)
        assert held >= MIB  # a page at least
        once, _ = need(folder, GROUPS)
        assert learned(GROUPS) == pytest.approx(held, rel=0.2)
        twice, basis = need(folder, GROUPS)
        assert basis.endswith("coefficients from 2 queries")
        off = [abs(log(each / held)) for each in (shipped, once, twice)]
        assert off == sorted(off, reverse=True), (shipped, once, twice, held)
        assert off[2] < off[0] / 2
        assert need(folder, GROUPS, "somebody else") == (shipped, need(folder, GROUPS, "nobody")[1])
        before, _ = need(folder, SORTED)
        held = learned(SORTED)
        assert abs(log(need(folder, SORTED)[0] / held)) < abs(log(before / held))
        learning.close()
