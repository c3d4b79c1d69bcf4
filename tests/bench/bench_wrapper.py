"""The whole wrapper, its audit trail included, against the bare interpreter and against a script that only execs."""

import json
import os
import socket
import tempfile
import threading
from pathlib import Path

from placement.estimate.keys import keys_of
from placement.estimate.row import WIDTH
from placement.estimate.table import content
from tests.bench.bench_estimate_lookup import row
from tests.bench.bench_start import BARE, policy
from tests.bench.side_by_side import Command, measured, show
from tests.conftest import ROOT

SIZES = (5, 100_000)
TURN = json.dumps({"v": 1, "outcome": "run", "queue": "root.default", "message": "", "age_s": 1.0}).encode() + b"\n"
REAL = "/bin/true"  # in Spark's place, so that what remains is the wrapper
JOB = ("--conf", "spark.executor.memory=4g", "--num-executors", "10", "--name", "nightly", "job.py", "2026-11-21")
DEFAULTS = "spark.master yarn\nspark.eventLog.enabled true\nspark.yarn.queue root.default\nspark.executor.cores 2\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        conf = Path(folder, "conf")
        conf.mkdir()
        (conf / "spark-defaults.conf").write_text(DEFAULTS)
        exec_only = Path(folder, "exec-only")
        exec_only.write_text(f'#!/bin/sh\nexec {REAL} "$@"\n')
        exec_only.chmod(0o755)
        commands: dict[str, Command] = {
            "python3 -I -S -c pass": (BARE, {}),
            "a script that execs": ((exec_only, *JOB), {}),
        }
        for size in SIZES:
            site = f"commands: {{spark-submit: {REAL}}}\naudit: {{file: {folder}/{size}.jsonl, arguments: masked}}\n"
            where = policy(Path(folder, str(size)), size, site=site)
            environ = {"PATH": os.defpath, "HADOOP_USER_NAME": "me", "PLACEMENT_POLICY": str(where)}
            commands[f"spark-submit, {size} rules"] = (
                (ROOT / "wrappers" / "spark-submit", *JOB),
                environ | {"SPARK_CONF_DIR": str(conf)},
            )
        learned = Path(folder, "estimates.table")
        learned.write_bytes(content(rows().items(), WIDTH, 0))
        with_estimates = f"commands: {{spark-submit: {REAL}}}\nestimates: {{table: {learned}}}\n"
        where = policy(
            Path(folder, "e"), 5, site=f"{with_estimates}audit: {{file: {folder}/e.jsonl, arguments: masked}}\n"
        )
        commands["spark-submit, 5 rules, with estimates"] = (
            (ROOT / "wrappers" / "spark-submit", *JOB),
            {"PATH": os.defpath, "HADOOP_USER_NAME": "me", "PLACEMENT_POLICY": str(where), "SPARK_CONF_DIR": str(conf)},
        )
        admitted = Path(folder, "agent.sock")
        threading.Thread(target=agent, args=(listening(admitted),), daemon=True).start()
        more = f"admission: {{socket: {admitted}}}\ncommands: {{spark-submit: {REAL}}}\n"
        where = policy(
            Path(folder, "admission"), 5, site=f"{more}audit: {{file: {folder}/a.jsonl, arguments: masked}}\n"
        )
        commands["spark-submit, 5 rules, with admission"] = (
            (ROOT / "wrappers" / "spark-submit", *JOB),
            {"PATH": os.defpath, "HADOOP_USER_NAME": "me", "PLACEMENT_POLICY": str(where), "SPARK_CONF_DIR": str(conf)},
        )
        show("a wrapped command up to its exec", measured(commands), against="python3 -I -S -c pass")
        records = Path(folder, "5.jsonl").read_text().count('"outcome": "run"')
        print(f"  {records} decisions of the first of ours are in its trail")


def rows() -> dict[str, list[float]]:
    """A table that knows this job, and 20,000 others."""
    mine = {"application": "nightly", "user": "me", "kind": "spark", "script": "job.py", "arguments": ["2026-11-21"]}
    return {key: row(1) for key in keys_of({**mine, "role": "executor"})} | {
        f"a:u/{n}/executor": row(n) for n in range(20_000)
    }


def listening(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    found.bind(str(path))
    found.listen()
    return found


def agent(there: socket.socket) -> None:
    """Gives everybody a turn at once."""
    while True:
        client, _ = there.accept()
        with client:
            while not client.recv(65536).endswith(b"\n"):
                pass
            client.sendall(TURN)


if __name__ == "__main__":
    main()
