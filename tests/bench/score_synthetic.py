"""Made-up traces, for when there is no real one at hand: a few workflows whose task types behave as is often seen."""

import math
import random

from tests.bench.score_trace import Task, Tasks, asking

MB, GB = 1e6, 1e9
ROUNDS = 40  # of each task type, at most


def made_up(seed: int = 1, workflows: int = 4, task_types: int = 12) -> Tasks:
    """Workflows of several task types, in each of which memory is constant, follows the input, jumps or drifts."""
    drawn = random.Random(seed)
    made = {}
    for number in range(workflows):
        name = f"made-up-{number + 1}"
        types = [_task_type(drawn, f"type-{chr(97 + each)}") for each in range(task_types)]
        order = sorted(
            (place + drawn.random() * 5, each) for each, (_, count) in enumerate(types) for place in range(count)
        )
        tasks = [types[each][0](drawn, name, time) for time, each in order]
        made[name] = asking(tasks, seed)
    return Tasks(f"made up, seed {seed}; requests simulated: 2 to 8 times the workflow's largest peak", made)


def _task_type(drawn, name):
    """Gives a task of this type at a time, and how many there are."""
    size, runtime = MB * math.exp(drawn.gauss(5, 1.5)), math.exp(drawn.gauss(3, 1.5))
    kind, noise = drawn.choice(("constant", "input", "jumps", "drifts")), drawn.choice((0.002, 0.05, 0.2))

    def task(drawn: random.Random, workflow: str, time: float) -> Task:
        read = GB * math.exp(drawn.gauss(0, 1))
        peak = size * math.exp(drawn.gauss(0, noise))
        if kind == "input":
            peak *= 0.3 + read / GB
        if kind == "jumps" and drawn.random() < 0.1:
            peak *= 8
        if kind == "drifts" and time > ROUNDS / 3:
            peak *= 2
        return Task(workflow, "1", name, runtime * math.exp(drawn.gauss(0, 0.3)), peak, read, 0.0)

    return task, drawn.randint(1, ROUNDS)
