"""Seconds that `placement.rules.impact.compare` takes for maps of 10,000 rules: python tests/bench/bench_impact.py"""

import random
import time

from placement.rules.impact import compare
from placement.rules.model import EVERYONE, GROUP, USER, Rule, Rules
from placement.rules.views import Side

SIZE = 10_000
CONDITIONS = [
    (">", "memory", 65536.0),
    ("and", (("<=", "memory", 204800.0), ("in", "command", ("pyspark", "spark-shell")))),
    ("or", ((">", "duration", 7200.0), (">=", "hour", 20.0))),
    ("not", ("in", "weekday", ("saturday", "sunday"))),
]


def side(lines, scheduler="fair"):
    return Side(Rules("map.txt", tuple(Rule(*line[:3], n, "", line[3]) for n, line in enumerate(lines, 1))), scheduler)


def lines(queues, conditional=0.0, seed=0):
    """Half users, half groups, a line for everyone at the end; each of `queues` queues has many of them."""
    rng = random.Random(seed)
    found = []
    for number in range(SIZE - 1):
        condition = rng.choice(CONDITIONS) if rng.random() < conditional else None
        kind = USER if number % 2 else GROUP
        found.append((kind, f"n{number // 3}", f"root.q{rng.randrange(queues)}", condition))
    return [*found, (EVERYONE, "", "root.users.%user", None)]


def shuffled(items, seed=1):
    return random.Random(seed).sample(items, len(items))


def measure(name, old, new, scheduler="fair"):
    sides = side(old, scheduler), side(new, scheduler)
    start = time.perf_counter()
    found = compare(*sides)
    seconds = time.perf_counter() - start
    notes = f"; {found.not_compared[0]}" if found.not_compared else ""
    print(f"{seconds:6.2f} s  {name}: {found.verdict}, {len(found.changes)} kinds of change{notes}")


if __name__ == "__main__":
    plain, conditional = lines(50), lines(50, 0.3)
    measure("the same map", plain, plain)
    measure("the same but for a needless rule", plain, [*plain, plain[0]])
    edited = [*plain[:5000], (GROUP, "n7", "root.q3", None), *plain[5003:]]
    measure("three lines for one", plain, edited)
    measure("all shuffled", plain, shuffled(plain))
    users = [(USER, f"n{number}", f"root.q{number}", None) for number in range(SIZE)]
    measure("users shuffled, which does not matter", users, shuffled(users))
    measure("a queue of its own for each user, changed for all", users, [(k, n, f"{q}x", c) for k, n, q, c in users])
    measure("a third with conditions, and a needless rule", conditional, [*conditional, conditional[0]])
    measure("a third with conditions, shuffled", conditional, shuffled(conditional))
    measure("a third with conditions, capacity", conditional, shuffled(conditional), "capacity")
    own = [(k, n, q, (">", "memory", 1024.0 * (1 + number % 2000))) for number, (k, n, q, _) in enumerate(plain)]
    measure("2,000 different thresholds, and a needless rule", own, [*own, own[0]])
