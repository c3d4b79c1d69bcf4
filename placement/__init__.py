"""One policy says who runs where on a Hadoop cluster; everything that decides reads it."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(ipython: "InteractiveShell") -> None:
    """Called by IPython for `%load_ext placement`."""
    from placement.jupyter.magics import PlacementMagics

    ipython.register_magics(PlacementMagics)
