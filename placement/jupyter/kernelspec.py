"""Kernelspecs whose kernels are decided on: a new one for PySpark, or another one taken over. Adapter."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placement.errors import PlacementError, Problem, quoted
from placement.jupyter.kernel import HOME, PYSPARK, spark_arguments
from placement.spark_home import WRAPPED, of_python, real_home

PROVISIONER, STANZA = "placement", "kernel_provisioner"
SPEC, STARTUP = "kernel.json", "startup.py"
LONGEST_S = 60.0  # that a Python may take to import pyspark

Json = dict[str, Any]


@dataclass(frozen=True)
class Kernel:
    """A kernelspec as it is to be: `spec` is its kernel.json, and `files` are copied beside that."""

    spec: Json
    files: tuple[Path, ...]


def of_pyspark(folder: Path, python: str, home: str | None, display_name: str, queue: str | None) -> Kernel:
    """A kernel of `python` with the Spark at `home`, None: its own; its files will be in `folder`.

    Raises PlacementError `no-spark-home`, `kernel-python`.
    """
    own = of_python(python)
    found = home or own
    if found is None or not os.access(f"{found}/bin/{WRAPPED}", os.X_OK):
        message = f"no {WRAPPED} in {quoted(found)}" if found else f"SPARK_HOME is not set, and {python} has no pyspark"
        remedy = "name Spark's home by --spark-home"
        raise PlacementError(Problem("no-spark-home", message, remedy=remedy))
    path = [] if found == own else _python_path(real_home(Path(found)))
    _try(python, path)
    spec = {
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": display_name,
        "language": "python",
        "env": {
            HOME: found,
            PYSPARK: "--master yarn pyspark-shell",
            "PYTHONSTARTUP": str(folder / STARTUP),
            **({"PYTHONPATH": ":".join(path)} if path else {}),
        },
        "metadata": {"debugger": True},
    }
    return Kernel(decided(spec, queue), (Path(__file__).with_name(STARTUP),))


def of_other(name: str, display_name: str | None, queue: str | None) -> Kernel:
    """The kernelspec `name`, decided on. Raises PlacementError `no-kernelspec`."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        folder = Path(KernelSpecManager().get_kernel_spec(name).resource_dir)
        spec = json.loads((folder / SPEC).read_text(encoding="utf-8"))
        files = tuple(file for file in folder.iterdir() if file.is_file() and file.name != SPEC)
    except (NoSuchKernel, OSError, ValueError) as error:
        remedy = "`jupyter kernelspec list` has those that are there"
        raise PlacementError(
            Problem("no-kernelspec", f"no kernelspec {quoted(name)}: {error}", remedy=remedy)
        ) from error
    named = {"display_name": display_name} if display_name else {}
    return Kernel(decided(spec | named, queue), files)


def decided(spec: Json, queue: str | None) -> Json:
    """`spec` with our provisioner around its own, and a request for `queue`."""
    metadata = spec.get("metadata") or {}
    stanza = metadata.get(STANZA) or {}
    name, config = stanza.get("provisioner_name"), stanza.get("config") or {}
    if name != PROVISIONER:
        config = {"wraps": name, "wraps_config": config} if name else {}
        stanza = {"provisioner_name": PROVISIONER, "config": config}
    env = dict(spec.get("env") or {})
    if queue is not None:
        asking = spark_arguments(env, env, is_spark=True)
        if asking:
            asking = asking.asking(queue)
            env[asking.variable] = asking.text
    return spec | {"env": env, "metadata": metadata | {STANZA: stanza}}


def write(kernel: Kernel, folder: Path) -> None:
    """Writes the kernelspec into `folder`, whole or not at all; one that is there must be one of ours.

    Raises PlacementError `not-ours`, `not-writable`.
    """
    if folder.exists() and not _is_ours(folder):
        message = f"{quoted(str(folder))} is there, and is no kernelspec of placement"
        raise PlacementError(Problem("not-ours", message, remedy="give another --name"))
    new = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        new.mkdir(parents=True)
        for file in kernel.files:
            shutil.copy(file, new)
        (new / SPEC).write_text(json.dumps(kernel.spec, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    except OSError as error:
        message = f"{quoted(str(folder))} cannot be written: {error.strerror}"
        remedy = "run it as one who may, or write it elsewhere by --user or --prefix"
        raise PlacementError(Problem("not-writable", message, remedy=remedy)) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def kernels_folder(prefix: str | None, is_for_user: bool) -> Path:
    """Where kernelspecs are: of the account, or of the environment at `prefix`, None: this one."""
    if not is_for_user:
        return Path(prefix or sys.prefix).absolute() / "share" / "jupyter" / "kernels"
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "kernels"


def _is_ours(folder: Path) -> bool:
    try:
        spec = json.loads((folder / SPEC).read_text(encoding="utf-8"))
        return bool(spec["metadata"][STANZA]["provisioner_name"] == PROVISIONER)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _python_path(home: Path) -> list[str]:
    """Where the PySpark of a Spark home is imported from."""
    if (home / "__init__.py").is_file():  # the package that `pip` installs
        return [str(home.parent)]
    return [str(home / "python"), *map(str, sorted(home.glob("python/lib/py4j-*.zip")))]


def _try(python: str, path: list[str], environ: Mapping[str, str] = os.environ) -> None:
    """Raises PlacementError `kernel-python` if it could not run the kernel."""
    environ = {**environ, "PYTHONPATH": ":".join([*path, *filter(None, [environ.get("PYTHONPATH")])])}
    command = [python, "-c", "import ipykernel, pyspark"]
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        said = done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        said = str(error)
    if said:
        message = f"{quoted(python)} cannot run a PySpark kernel: {said}"
        remedy = "install ipykernel for it, or name another by --python"
        raise PlacementError(Problem("kernel-python", message, remedy=remedy))
