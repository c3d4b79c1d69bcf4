"""The catalogue of the site's tables, from its file. Adapter."""

from placement.catalogue import read
from placement.errors import Place, PlacementError, Problem
from placement.estimate.query.catalogue import Catalogue
from placement.files import trusted_bytes


class Tables:
    """Reads again what has changed."""

    def __init__(self) -> None:
        self._known: tuple[str, bytes, Catalogue] | None = None

    def catalogue(self, path: str) -> Catalogue:
        """That of the file. Raises PlacementError: `no-catalogue`, or as `trusted_bytes` and `catalogue.read` do."""
        source, _ = trusted_bytes(path)
        if source is None:
            remedy = "see `catalogue` of `estimates` in site.yaml"
            raise PlacementError(Problem("no-catalogue", "there is no such file", Place(path), remedy))
        if self._known is None or self._known[:2] != (path, source):
            self._known = path, source, read(source, path)
        return self._known[2]
