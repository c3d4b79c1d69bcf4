"""Brings the installed libraries within reach. The wrappers start Python without them (-S), to start sooner."""

import sys


def reach() -> None:
    """After this, pyparsing and the like can be imported; some milliseconds once, nothing in an ordinary Python."""
    if "site" not in sys.modules:
        import site

        site.main()
