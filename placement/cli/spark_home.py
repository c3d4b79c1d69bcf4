"""`placement spark-home`: a Spark home whose spark-submit is our wrapper, for PySpark started from plain Python."""

from pathlib import Path

import click

from placement.spark_home import WRAPPED, make, wrappers_folder


@click.command("spark-home")
@click.option("--from", "real", metavar="HOME", type=click.Path(path_type=Path), required=True, help="Spark's own.")
@click.option("--to", metavar="DIR", type=click.Path(path_type=Path), required=True, help="The home to make.")
def command(real: Path, to: Path) -> int:
    """Makes DIR a Spark home of links to HOME, in which spark-submit is the wrapper.

    For `python app.py` and notebooks, which start Spark by SPARK_HOME and not by PATH: set SPARK_HOME=DIR for them.
    """
    made = make(real, to, wrappers_folder() / WRAPPED)
    click.echo(f"{to}: {'made' if made else 'is as it should be'}; set SPARK_HOME={to.absolute()}")
    return 0
