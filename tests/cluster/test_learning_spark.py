"""The same runs learned on a real Spark, on this machine: the table is the one that a single process makes."""

import subprocess
import sys

from placement.estimate.estimator import Estimator
from placement.estimate.row import WIDTH
from placement.estimate.table import HEAD, content
from placement.learning.lines import line_of
from placement.learning.observation import observation
from tests.cluster import parts
from tests.cluster.configuration import local_environment
from tests.conftest import ROOT
from tests.unit.learning.learned_rows import rows

MIB = 2**20


def test_spark_learns_the_same_as_one_process(tmp_path):
    found = rows(3000, jobs=150)
    lines = [line_of(number, row) for number, row in enumerate(found, 1)]
    lines[1000:1000] = ["{", "", '{"number": "x"}', "[" * 100_000]
    (tmp_path / "runs.jsonl").write_text("\n".join(reversed(lines)))  # Spark promises no order either
    environ = local_environment(tmp_path) | {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    command = [parts.spark_home() / "bin" / "spark-submit", "--master", "local[2]", "--driver-memory", "700m"]
    command += [ROOT / "placement" / "learning" / "on_spark.py", tmp_path / "runs.jsonl", tmp_path / "table"]
    done = subprocess.run(
        [*command, "safe", "512"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    alone = Estimator("safe", increment_bytes=512 * MIB)
    for row in found:
        alone.observe(*observation(row))
    expected = content(sorted((key, row.numbers()) for key, row in alone.rows()), WIDTH, 0)
    assert (tmp_path / "table").read_bytes()[HEAD:] == expected[HEAD:]
