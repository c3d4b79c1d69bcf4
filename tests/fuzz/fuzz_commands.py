"""Random command lines of Spark's commands, read by us and by each Spark: `make fuzz-commands RUNS=100000`.

A disagreement prints the command line and its seed, with which it comes again. Needs the test parts.
"""

import random
import sys
import time
from contextlib import ExitStack

from tests.cluster.spark_oracle import COMMANDS, ENVIRONMENTS, VERSIONS, WORDS, SparkOracle, agree


def main(runs: int, seed: int) -> int:
    begin, submitted = time.monotonic(), 0
    with ExitStack() as stack:
        oracles = [stack.enter_context(SparkOracle(version)) for version in VERSIONS]
        for run in range(runs):
            chance = random.Random(f"{seed}.{run}")
            oracle, command = oracles[run % len(oracles)], chance.choice(COMMANDS)
            arguments = chance.choices(WORDS, k=chance.randint(0, 8))
            environ = chance.choice(ENVIRONMENTS)
            try:
                submitted += agree(oracle, command, arguments, environ)
            except BaseException:
                print(f"\nfuzz: run {run} of seed {seed}: Spark {oracle.version}, {environ}: {command} {arguments}")
                raise
    took = time.monotonic() - begin
    print(f"{runs} command lines, {submitted} of them submissions, seed {seed}, {took:.0f} s: read as Spark reads them")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
