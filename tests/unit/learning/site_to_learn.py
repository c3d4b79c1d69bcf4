"""A ResourceManager that tells of what finished, event logs of it, and a site with both."""

import getpass
import re
import time

from tests.unit.observe.spark_lines import MIB, added, end, settings, stage_peak, start
from tests.unit.yarn.stub import answer, app

USER = getpass.getuser()  # logs count for their owner alone
HOUR_S = 3600


def finished(number, ago_s, name="nightly_sales", user=USER, **more):
    """An application of a minute that ended so long ago."""
    at_ms = int((time.time() - ago_s) * 1000)
    said = {"state": "FINISHED", "finalStatus": "SUCCEEDED", "startedTime": at_ms - 60_000, "finishedTime": at_ms}
    return app(number, applicationType="SPARK", name=name, user=user, queue="root.batch", **(said | more))


def manager(apps):
    """What it answers about these."""

    def behave(request):
        said = dict(re.findall(r"(finishedTimeBegin|finishedTimeEnd)=(\d+)", request))
        first, last = int(said["finishedTimeBegin"]), int(said["finishedTimeEnd"])
        return answer({"apps": {"app": [each for each in apps if first <= each["finishedTime"] <= last]}})

    return behave


def logged(folder, application, used_mib=700):
    """Its event log: two executors of 4 GiB and overhead, each of which used so much."""
    folder.mkdir(exist_ok=True)
    peaks = [stage_peak(each, rss=used_mib * MIB) for each in ("1", "2")]
    lines = [start(application["id"]), settings(), added("1"), added("2"), *peaks, end()]
    (folder / application["id"]).write_bytes(b"".join(lines))


def site(folder, address, **said):
    """A policy folder; what finished is looked for two days back, as each of them takes four commits."""
    folder.chmod(0o755)
    (folder / "map.txt").write_text("* root.batch\n")
    estimates = {"table": folder / "estimates.table", "spark-logs": [str(folder / "events")], "keep": "2d", **said}
    (folder / "events").mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(
        f"resource-managers: ['{address}']\n"
        f"admission: {{socket: {folder}/agent.sock, database: {folder}/ledger.db}}\n"
        f"estimates: {{{', '.join(f'{key}: {value}' for key, value in estimates.items())}}}\n"
    )


__all__ = ["HOUR_S", "MIB", "USER", "finished", "logged", "manager", "site"]
