"""A distribution that is installed for one test: a folder on the path, with entry points of its own."""

import sys


def install(monkeypatch, folder, name, entry_points, code="", group="placement.monitors"):
    """`entry_points`: {name: `module:attribute`}; `code`: the module `NAME_module`."""
    site = folder / name
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{key} = {value}\n" for key, value in entry_points.items())
    (info / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    (site / f"{name}_module.py").write_text(code)
    monkeypatch.delitem(sys.modules, f"{name}_module", raising=False)  # of a test before this one
    monkeypatch.syspath_prepend(site)
