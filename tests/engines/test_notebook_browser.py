"""JupyterLab in a browser: what a person sees of a notebook whose kernel is decided on."""

import json
import os
from pathlib import Path

import pytest

from tests.cluster.notebook_server import TOKEN
from tests.engines.parts import chromium

DEV = "root.applications.dev"
CODE = "print(spark.range(10).count(), 'rows in', sc.getConf().get('spark.yarn.queue'))"
SHOTS = "PLACEMENT_SCREENSHOTS"  # a folder to keep what was seen in


def notebook(file, kernel):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": CODE, "execution_count": None}
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    file.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def bob(notebooks):
    notebooks.install()
    notebooks.install("--name", "denied", "--queue", "root.secret")
    server = notebooks.server("bob", "lab")
    notebook(server.notebooks / "allowed.ipynb", "pyspark-yarn")
    notebook(server.notebooks / "denied.ipynb", "denied")
    return server


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright  # not there before `make test-engines` has fetched it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        yield page
        browser.close()


def shot(page, name):
    if folder := os.environ.get(SHOTS):
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_a_cell_runs_in_the_decided_queue_and_a_denied_notebook_says_why(bob, page):
    from playwright.sync_api import expect

    page.goto(f"{bob.url}/lab/tree/allowed.ipynb?token={TOKEN}")
    expect(page.get_by_text("PySpark on YARN | Idle")).to_be_visible(timeout=120_000)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output").filter(has_text="rows in")
    expect(output).to_contain_text(f"10 rows in {DEV}", timeout=120_000)
    shot(page, "allowed")
    page.goto(f"{bob.url}/lab/workspaces/other/tree/denied.ipynb?token={TOKEN}")
    dialog = page.locator(".jp-Dialog-content")
    expect(dialog).to_contain_text("`bob` may not use `root.secret` (--queue)", timeout=120_000)
    expect(dialog).to_contain_text(f"without a request: `{DEV}`")
    expect(dialog).not_to_contain_text("Traceback")
    hidden = "each => [...each.querySelectorAll('*')].filter(inner => inner.scrollWidth > inner.clientWidth + 1).length"
    assert dialog.evaluate(hidden) == 0  # it breaks no line by itself, and what is too long is not seen
    shot(page, "denied")
