"""Our way from the fair to the capacity scheduler beside that of Hadoop's own converter."""

import os
from dataclasses import replace

import pytest

from placement.hadoop_loader import jvm
from placement.queues.names import CAPACITY
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.fair import file as fair_file
from placement.schedulers.fair import values as fair_values
from placement.schedulers.formats import FORMATS
from placement.schedulers.rendering import render
from tests.cluster import fs2cs, parts
from tests.cluster.fs2cs import EXACT, LOST

FILES = sorted(fs2cs.DATA.glob("*.xml"))


@pytest.fixture(scope="module")
def rows():
    return fs2cs.rows()


def test_the_document_is_up_to_date(rows, request, monkeypatch):
    monkeypatch.setattr(fs2cs, "rows", lambda: rows)
    text = fs2cs.document()
    if request.config.getoption("--write-expected"):
        fs2cs.DOCUMENT.write_text(text)
    assert text == fs2cs.DOCUMENT.read_text()


def test_where_we_differ_from_what_fs2cs_converts_the_table_says_how(rows):
    differing = [row for row in rows if not set(fs2cs.shown(row.fs2cs)) <= set(fs2cs.shown(row.ours))]
    assert not [row.item for row in differing if not row.why and not row.reasons]


def test_nothing_is_lost_in_silence(rows):
    assert not [row.item for row in rows if row.how != EXACT and not row.reasons]


def test_nothing_is_lost(rows):
    assert not [row.item for row in rows if row.how == LOST]


def test_the_capacity_scheduler_takes_all_of_it():
    environ = {"PATH": os.defpath, "JAVA_HOME": str(parts.java_home()), jvm.CLASSPATH: f"{parts.hadoop_lib()}/*"}
    texts = [fs2cs.file_with(**item["in"]) for item in fs2cs.items()] + [file.read_text() for file in FILES]
    contents = [fs2cs.rendered(text)[0] for text in texts]
    refused = {
        text: answer.complaints
        for text, answer in zip(texts, jvm.answers(jvm.find({}, environ), CAPACITY, contents), strict=True)
        if answer.complaints
    }
    assert refused == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_property_of_a_whole_file_is_kept_or_reported(file):
    """Without it, something else would be rendered, or something less be said."""
    told, _ = fair_file.read(file.read_bytes(), file.name)
    whole = outcome(told)
    kept_silent = [
        (queue, name)
        for queue, properties in [(None, told.general), *told.queues.items()]
        for name, text in properties.items()
        if not fair_values.same(queue, name, text, None)
        if outcome(without(told, queue, name)) == whole
    ]
    assert kept_silent == []


def outcome(told):
    """The capacity scheduler's properties, and all that is said; of queues alone, as rules are rows of the table."""
    hierarchy, problems = FORMATS["fair"].hierarchy(told)
    rendered = render(hierarchy, fs2cs.NO_RULES, CAPACITY)
    said = [(each.queue, each.said, each.why) for each in rendered.shortfalls]
    return capacity_file.properties(rendered.configuration), said, [each.message for each in problems]


def without(told, queue, name):
    rest = {
        path: {key: text for key, text in properties.items() if (path, key) != (queue, name)}
        for path, properties in told.queues.items()
    }
    general = {key: text for key, text in told.general.items() if (None, key) != (queue, name)}
    return replace(told, queues=rest, general=general)
