"""`spark` and `sc` of a notebook, which begin when they are first used: then its cell shows who waits, and for what.

`placement install-kernel` copies this file beside kernel.json, for PYTHONSTARTUP. It runs in the notebook's own names,
by whatever Python the kernel has, so nothing of placement is imported.
"""


class _Later:
    """Stands for `name` until something is asked of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith(("_repr_", "_ipython_")):  # whoever shows a value, or completes a word, starts nothing
            raise AttributeError(attribute)
        return getattr(_begin()[self._name], attribute)

    def __repr__(self) -> str:
        return "<" + self._name + " begins when it is first used>"


def _begin() -> "dict[str, object]":
    """The session and its context, which have these names from now on, unless the notebook gave them to others."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]

    session = SparkSession.builder.getOrCreate()
    found = {"spark": session, "sc": session.sparkContext}
    for name, value in found.items():
        if isinstance(globals().get(name), _Later):
            globals()[name] = value
    return found


spark, sc = _Later("spark"), _Later("sc")
