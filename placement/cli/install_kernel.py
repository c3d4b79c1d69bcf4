"""`placement install-kernel`: a kernelspec whose kernels are decided on before they start."""

import os
import sys
from pathlib import Path

import click

from placement.errors import PlacementError, Problem, visible


@click.command("install-kernel")
@click.option("--name", metavar="NAME", help="Of the kernelspec.  [default: pyspark-yarn, or FROM-placed]")
@click.option("--from", "other", metavar="KERNEL", help="Take this kernelspec over instead of writing one for PySpark.")
@click.option("--display-name", metavar="WORDS", help="What people see.")
@click.option("--queue", metavar="Q", help="The queue that its kernels ask for.")
@click.option(
    "--spark-home", metavar="HOME", help="Spark's, or one that `placement spark-home` made.  [default: SPARK_HOME]"
)
@click.option("--python", metavar="PYTHON", default=sys.executable, help="Of the kernel; it has ipykernel.")
@click.option("--user", "is_for_user", is_flag=True, help="For this account alone.")
@click.option("--prefix", metavar="DIR", help="For the Jupyter at DIR, such as /usr/local, instead of this one.")
def command(
    name: str | None,
    other: str | None,
    display_name: str | None,
    queue: str | None,
    spark_home: str | None,
    python: str,
    is_for_user: bool,
    prefix: str | None,
) -> int:
    """Writes a PySpark kernelspec with the provisioner `placement`, or puts that around another's provisioner.

    See docs/notebooks.md.
    """
    try:
        import jupyter_client  # noqa: F401
    except ImportError as error:
        remedy = "install it where the notebook server is: pip install 'yarn-placement[jupyter]'"
        raise PlacementError(Problem("no-jupyter", "jupyter_client is not installed", remedy=remedy)) from error
    from placement.jupyter.kernelspec import kernels_folder, of_other, of_pyspark, write

    name = name or (f"{other}-placed" if other else "pyspark-yarn")
    folder = kernels_folder(prefix, is_for_user) / name
    if other:
        kernel = of_other(other, display_name, queue)
    else:
        home = spark_home or os.environ.get("SPARK_HOME")
        kernel = of_pyspark(
            folder, python, home and str(Path(home).absolute()), display_name or "PySpark on YARN", queue
        )
    write(kernel, folder)
    click.echo(visible(f"{name}: written to {folder}"))
    return 0
