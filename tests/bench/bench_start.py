"""A decision from process start: the policy executable against the bare interpreter and against a naive script."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.side_by_side import Command, measured, show
from tests.conftest import ROOT

SIZES = (5, 1_000, 100_000)
BARE = (sys.executable, "-I", "-S", "-c", "pass")

# As one writes it on an afternoon: the map read line by line by the shell, a process or two for each.
NAIVE = """#!/bin/bash
user=$(id -un); groups=" $(id -Gn) "
while read -r target queue; do
    case $target in \\#*|'') continue;; '*') echo "$queue"; exit 0;; esac
    name=$(echo "$target" | cut -d: -f1); group=$(echo "$target" | cut -d: -f2)
    if [ -n "$name" ] && [ "$name" = "$user" ]; then echo "$queue"; exit 0; fi
    if [ -z "$name" ] && echo "$groups" | grep -q " $group "; then echo "$queue"; exit 0; fi
done <"$PLACEMENT_POLICY/map.txt"
exit 2
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        naive = Path(folder, "naive")
        naive.write_text(NAIVE)
        naive.chmod(0o755)
        policies = {size: policy(Path(folder, str(size)), size) for size in SIZES}
        many = policy(Path(folder, "groups"), 5, groups=1_000)
        commands: dict[str, Command] = {"python3 -I -S -c pass": (BARE, {})}
        for size, where in policies.items():
            commands[f"policy, {size} rules"] = ((ROOT / "wrappers" / "policy",), environ(where))
        commands["policy, 5 rules, a user with 1,000 groups"] = ((ROOT / "wrappers" / "policy",), environ(many))
        show("a decision from process start", measured(commands), against="python3 -I -S -c pass")
        slow = {f"naive script, {size} rules": ((naive,), environ(policies[size])) for size in SIZES[:2]}
        fast = {name: commands[name] for name in ("policy, 5 rules", "policy, 1000 rules")}
        show("against a naive script", measured({**fast, **slow}, rounds=5), against="policy, 5 rules")


def policy(folder: Path, size: int, groups: int = 1, site: str = "") -> Path:
    """A policy of `size` rules, the last for everyone; `me` has `groups` groups; `site`: more of its site.yaml."""
    folder.mkdir()
    rules = [f"user{n}: root.users.u{n}\n" if n % 2 else f":group{n} root.groups.g{n}\n" for n in range(size - 1)]
    (folder / "map.txt").write_text("".join(rules) + "* root.default\n")
    (folder / "site.yaml").write_text("groups: {static: groups.yaml}\n" + site)
    (folder / "groups.yaml").write_text(f"me: [{', '.join(f'mine{n}' for n in range(groups))}]\n")
    subprocess.run(
        [Path(sys.executable).parent / "placement", "compile", folder], check=True, stdout=subprocess.DEVNULL
    )
    return folder


def environ(folder: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HADOOP_USER_NAME": "me", "PLACEMENT_POLICY": str(folder)}


if __name__ == "__main__":
    main()
