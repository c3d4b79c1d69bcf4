"""What is made of the runs that were observed: states by key, and from them the table that wrappers read."""

from importlib import import_module

from placement.errors import PlacementError, Problem


def require_numpy() -> None:
    """To be called before modules of this package are loaded. Raises PlacementError `no-numpy` where they cannot be."""
    try:
        import_module("numpy")
    except ImportError as error:
        remedy = "pip install 'yarn-placement[estimate]', or take `estimates` out of site.yaml"
        problem = Problem("no-numpy", f"estimates are learned with the library numpy: {error}", remedy=remedy)
        raise PlacementError(problem) from error
