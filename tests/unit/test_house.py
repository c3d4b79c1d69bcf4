"""The house: imports run downwards, the hot path is lean, documents and code say the same."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from placement import cli
from tests.conftest import ROOT

# From the roof to the ground: a module imports only from floors below its own.
FLOORS = [
    {"cli"},
    {"jupyter"},
    {"shim"},
    {"agent"},
    {"learning"},
    {"health", "sync", "observe"},
    {"review", "waiting", "monitors"},
    {"installation", "spark_home", "hadoop_loader", "agent_socket", "waiting_line", "sizing"},
    {"folder", "gateway", "identity", "engine", "yarn", "store", "audit_file", "audit"},
    {"policy_files"},
    {"site", "queues_file", "catalogue", "expectations", "foreign", "files", "whole_file"},
    {"documents", "decision"},
    {"policy", "schedulers"},
    {"admission"},
    {"commands"},
    {"submission", "estimate"},
    {"rules"},
    {"queues"},
    {"units"},
    {"errors", "collector"},
]
HOT = ["shim", "gateway", "identity", "decision", "policy", "submission", "errors", "folder"]
HOT += [
    "policy_files",
    "audit",
    "engine",
    "files",
    "rules.index",
    "commands.base",
    "commands.commons_cli",
    "commands.flink",
    "commands.flink_conf",
    "commands.hadoop",
    "commands.hadoop_conf",
    "commands.hadoop_jar",
    "commands.hive",
    "commands.spark",
    "commands.spark_options",
    "commands.properties",
    "rules.match",
    "rules.model",
    "rules.condition",
    "queues.names",
    "queues.tree",
    "estimate.demand",
    "estimate.demand_flink",
    "estimate.demand_hadoop",
    "estimate.demand_spark",
    "sizing.advice",
    "sizing.features",
    "estimate.keys",
    "estimate.needed",
    "estimate.prediction",
    "estimate.predict",
    "estimate.row",
    "estimate.table",
    "sizing.inputs",
    "sizing.lookup",
    "sizing.right_size",
    "units",
    "agent_socket",
    "waiting",
    "waiting_line",
    "jupyter.check",
]


def modules():
    return {
        ".".join(file.relative_to(ROOT / "placement").with_suffix("").parts): file
        for file in sorted((ROOT / "placement").rglob("*.py"))
        if file.name != "__init__.py" or file.parent.name == "cli"
    }


def room(module):
    return module.split(".")[0]


def floor(module):
    return next(number for number, rooms in enumerate(FLOORS) if room(module) in rooms)


def imports(file):
    """Modules of ours that a file imports when it runs, wherever in it; what only types need is left out."""
    tree = ast.parse(file.read_text())
    typed = [
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(branch)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in typed and (node.module or "").startswith("placement"):
            below = (node.module or "").partition(".")[2]
            yield from ([below] if below else [alias.name for alias in node.names if alias.name != "__version__"])


def test_every_module_has_its_floor():
    assert {room(module) for module in modules()} == set().union(*FLOORS)


def test_imports_run_downwards_only():
    upwards = [
        f"{module} imports {imported}"
        for module, file in modules().items()
        for imported in imports(file)
        if room(imported) != room(module) and floor(imported) <= floor(module)
    ]
    assert not upwards


def test_the_hot_path_imports_the_standard_library_alone():
    hot = {module: set(imports(modules()[module])) for module in HOT}
    late = {
        "site",
        "queues_file",
        "foreign",
        "rules",
        "rules.compile",
        "rules.lint",
        "whole_file",
    }  # when a file of the policy asks
    assert not {below for found in hot.values() for below in found} - set(HOT) - late
    families = "placement.commands.spark, placement.commands.hadoop"
    code = f"import json, sys; import placement.shim, {families}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    plain = subprocess.run(
        [sys.executable, "-I", "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    added = {name for name in set(json.loads(done.stdout)) - set(json.loads(plain.stdout)) if "placement" not in name}
    assert added <= {"mmap", "pwd", "zlib"}


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_is_in_the_documents(command):
    assert f"placement {command}" in documents()


def test_every_code_of_a_problem_is_in_the_documents():
    sources = "".join(file.read_text() for file in modules().values())
    codes = set(re.findall(r'(?:Problem|\b[Ff]ault)\(\s*(?:line,\s+\S+(?: \+ \S+)*,\s+)?"([a-z0-9-]+)"', sources))
    assert {"bare-word", "no-map", "loop", "unknown-option", "bad-value"} <= codes
    assert not {code for code in codes if f"`{code}`" not in documents()}


def documents():
    return "".join(file.read_text() for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])


def test_links_of_the_documents_lead_somewhere():
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text()):
            assert (file.parent / Path(target)).exists(), f"{file.name}: {target}"
