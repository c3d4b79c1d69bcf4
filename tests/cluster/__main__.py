"""A cluster by hand: `python -m tests.cluster` starts one, says how to reach it, and ends it on Ctrl-C."""

import argparse
import shlex
import signal
import sys
from pathlib import Path

from tests.cluster import parts
from tests.cluster.gateway import Gateway
from tests.cluster.yarn import USERS, Yarn, YarnError


def main() -> None:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with Yarn(options.scheduler, options.scheduler_file, options.users) as yarn:
            gateway = Gateway(yarn, yarn.directory)
            source = yarn.directory / "environment.sh"
            source.write_text(exports(gateway.environment(next(iter(options.users)))))
            print(f"up in {yarn.start_seconds:.1f} s: {yarn.url} ({options.scheduler} scheduler)")
            print(f"policy: {gateway.policy}\nqueues: {yarn.scheduler_file}\nlogs:   {yarn.logs}\n")
            print(f"in another terminal:\n  . {source}\n  spark-submit tests/cluster/jobs/count.py\n")
            print("Ctrl-C ends it.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass
    except (parts.MissingPart, YarnError) as error:
        sys.exit(f"cluster: {error}")


def exports(environ: dict[str, str]) -> str:
    """The environment as shell text to source; HOME stays that of the shell."""
    kept = {name: value for name, value in environ.items() if name != "HOME"}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in kept.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="A real YARN on this machine.")
    parser.add_argument("--scheduler", choices=("fair", "capacity"), default="fair")
    parser.add_argument("--scheduler-file", type=Path, metavar="FILE", help="default: the one in templates/")
    parser.add_argument(
        "--users",
        type=_users,
        default=USERS,
        metavar="USER:GROUP[:GROUP...],...",
        help="default: those of the tests",
    )
    return parser


def _users(text: str) -> dict[str, list[str]]:
    named = (each.split(":") for each in text.split(","))
    return {user: [group for group in groups if group] for user, *groups in named}


if __name__ == "__main__":
    main()
