"""Tables of estimates as a test wants them: what runs used goes in, and the file that a wrapper reads comes out."""

import time

from placement.estimate import Estimator
from placement.estimate.row import WIDTH
from placement.estimate.table import Table, content
from placement.units import MIB

GIB = 2**30
DAY_S = 86400


def features(**said):
    told = {"application": "nightly", "user": "alice", "kind": "spark", "script": "job.py", "arguments": [], **said}
    return {"role": "executor", "request_bytes": 18022 * MIB, "input_bytes": None, **told}


def learned(peaks_gib=(2.1, 2.0, 2.05) * 4, executors=4, ended="succeeded", estimator=None, **said):
    """An estimator that knows a run for each peak, a day apart, of a job with these features."""
    estimator = estimator or Estimator()
    now_s = time.time()
    for place, peak in enumerate(peaks_gib):
        outcome = {"ended": ended, "runtime_s": 600, "allocated_bytes": features(**said)["request_bytes"]}
        outcome |= {
            "containers": executors,
            "vcores": executors,
            "finished_s": now_s - DAY_S * (len(peaks_gib) - place),
        }
        estimator.observe(features(**said), outcome | ({"peak_bytes": peak * GIB, "read_bytes": 1e9} if peak else {}))
    return estimator


def written(estimator):
    return content([(key, row.numbers()) for key, row in estimator.rows()], WIDTH, 0)


def table(estimator):
    data = written(estimator)
    return Table(lambda size, place: data[place : place + size], WIDTH)
