"""The scorer against sums done by hand."""

import gzip

import pytest

from tests.bench.baselines import BASELINES
from tests.bench.score_replay import Setting, geometric_mean, replay
from tests.bench.score_synthetic import made_up
from tests.bench.score_trace import BY_WORKFLOW, Task, read


class Four:
    """Gives 4, and doubles; notes in what order it was asked and told."""

    def __init__(self):
        self.calls = []

    def predict(self, features):
        self.calls.append(("predict", features["input_bytes"]))
        return 4.0

    def retry(self, features, failed_bytes, attempt):  # noqa: ARG002
        return 2 * failed_bytes

    def observe(self, features, outcome):  # noqa: ARG002
        self.calls.append(("observe", outcome["peak_bytes"]))


TASKS = [Task("w", "1", "a", 10.0, 2.0, 1.0, 8.0), Task("w", "1", "a", 10.0, 5.0, 2.0, 8.0)]


@pytest.mark.parametrize(
    ("setting", "waste", "request_waste", "failed"),
    [
        (Setting("as it is"), (4 - 2) * 10 + 4 * 10 + (8 - 5) * 10, (8 - 2) * 10 + (8 - 5) * 10, 1),
        (Setting("half", ttf=0.5), (4 - 2) * 10 + 4 * 5 + (8 - 5) * 10, (8 - 2) * 10 + (8 - 5) * 10, 1),
        (Setting("rounded", step_bytes=3.0), (6 - 2) * 10 + (6 - 5) * 10, (9 - 2) * 10 + (9 - 5) * 10, 0),
    ],
)
def test_waste_is_that_of_all_attempts(setting, waste, request_waste, failed):
    score = replay(TASKS, Four(), setting)
    assert (score.waste, score.request_waste, score.failed_tasks) == (waste, request_waste, failed)
    assert (score.tasks, score.used) == (2, 70.0)


def test_each_outcome_is_known_before_the_next():
    predictor = Four()
    replay(TASKS, predictor, Setting("as it is"))
    assert predictor.calls == [("predict", 1.0), ("observe", 2.0), ("predict", 2.0), ("observe", 5.0)]


def test_in_a_burst_outcomes_come_late_and_in_the_order_of_their_end():
    predictor = Four()
    quick = Task("w", "1", "a", 1.0, 3.0, 3.0, 8.0)
    replay([TASKS[0], quick, TASKS[1], quick], predictor, Setting("burst", in_flight=0.5))  # two at a time
    assert predictor.calls == [
        ("predict", 1.0), ("predict", 3.0), ("observe", 3.0), ("predict", 2.0), ("observe", 2.0), ("predict", 3.0),
        ("observe", 3.0), ("observe", 5.0),
    ]  # fmt: skip


def test_input_sizes_can_be_withheld():
    predictor = Four()
    replay(TASKS, predictor, Setting("without", inputs=False))
    assert predictor.calls[0] == ("predict", None)


def test_a_trace_is_read_and_its_requests_simulated_alike_each_time(tmp_path):
    file = tmp_path / "trace.csv.gz"
    lines = [
        "workflow,run,task_type,runtime_s,peak_memory_bytes,input_bytes",
        "w,1,a,5,100,7",
        "w,1,b,5,200,",
        "w,1,b,5,0,",
    ]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    first, second = read(file).workflows["w"]
    assert (first.peak_bytes, first.input_bytes, second.input_bytes) == (100.0, 7.0, None)
    assert all(400 <= task.request_bytes <= 1600 for task in (first, second))
    assert first.request_bytes != second.request_bytes
    assert read(file) == read(file)
    one, other = read(file, per=BY_WORKFLOW).workflows["w"]
    assert one.request_bytes == other.request_bytes


def test_requests_of_the_trace_are_taken_as_they_are(tmp_path):
    file = tmp_path / "trace.csv"
    file.write_text("workflow,task_type,runtime_s,peak_memory_bytes,request_bytes\nw,a,5,100,300\n")
    assert read(file).workflows["w"][0].request_bytes == 300


@pytest.mark.parametrize("name", BASELINES)
def test_every_published_way_gets_through_a_made_up_trace_and_wastes_no_more_than_the_asking(name):
    scores = [
        replay(tasks[:80], BASELINES[name](), Setting("as it is")) for tasks in made_up(workflows=2).workflows.values()
    ]
    assert geometric_mean([score.ratio for score in scores]) <= 1.0
