"""The catalogue's file: what it may say, and every fault at its place."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement import catalogue
from placement.errors import PlacementError
from placement.estimate.query.catalogue import Catalogue, Field, Table, learned, rows_in, size_of
from placement.estimate.query.engines import KINDS

SALES = b"""tables:
  Shop.Sales:
    rows: 2.1e9
    rows-per-day: 3000000
    bytes: 350g
    files: 12
    engine: hive
    time-column: DT
    partitions: [dt]
    fields:
      dt: {type: date, min: 2025-01-01, max: 2026-11-20}
      id: {type: bigint, distinct: 2e9}
      at: {type: timestamp, min: "2026-01-01 12:00:00"}
      note: {type: string, bytes: 12.5, nulls: 0.1}
"""


def problems(text, file="catalogue.yaml"):
    with pytest.raises(PlacementError) as error:
        catalogue.read(text.encode() if isinstance(text, str) else text, file)
    return error.value.problems


def test_reads_what_is_known_of_tables():
    sales = catalogue.read(SALES, "catalogue.yaml").find("sales")
    assert (sales.name, sales.rows, sales.bytes, sales.files) == ("shop.sales", 2.1e9, 350 * 2**30, 12)
    assert (sales.engine, sales.time_column, sales.partitions) == ("hive", "dt", ("dt",))
    assert sales.fields["dt"].least == 1_735_689_600  # `date -u -d 2025-01-01 +%s`
    assert sales.fields["at"].least == 1_767_268_800
    assert sales.fields["note"] == Field("string", 12.5, nulls=0.1)


def test_json_is_read_too_with_its_places():
    text = json.dumps({"tables": {"t": {"rows": 5, "fields": {"a": {"type": "int", "max": 1e99}}}}}, indent="\t")
    assert catalogue.read(text.encode(), "catalogue.json").find("t").fields["a"].most == 1e99
    found = problems(text.replace('"int"', '"integre"'), "catalogue.json")[0]
    assert str(found.place) == "catalogue.json:7:14"


def test_an_empty_file_knows_no_table():
    assert catalogue.read(b"", "catalogue.yaml") == Catalogue()


WRONG = {
    "not yaml": ("tables: [", "not-yaml", "catalogue.yaml:1:10"),
    "twice": ("tables:\n  t: {rows: 1}\n  t: {rows: 2}\n", "key-twice", "catalogue.yaml:3:3"),
    "same but for capitals": ("tables:\n  t: {rows: 1}\n  T: {rows: 2}\n", "same-name", "catalogue.yaml:3:3"),
    "same field": ("tables:\n  t: {fields: {a: {type: int}, A: {type: int}}}\n", "same-name", "catalogue.yaml:2:32"),
    "no key": ("tables:\n  t: {row: 1}\n", "unknown-key", "catalogue.yaml:2:7"),
    "no number": ("tables:\n  t: {rows: many}\n", "bad-value", "catalogue.yaml:2:13"),
    "below none": ("tables:\n  t: {rows: -1}\n", "bad-value", "catalogue.yaml:2:13"),
    "nan": ("tables:\n  t: {rows: .nan}\n", "bad-value", "catalogue.yaml:2:13"),
    "without end": ("tables:\n  t: {bytes: 1e999}\n", "bad-value", "catalogue.yaml:2:14"),
    "yes": ("tables:\n  t: {rows: yes}\n", "bad-value", "catalogue.yaml:2:13"),
    "no unit": ("tables:\n  t: {bytes: 3 lots}\n", "bad-value", "catalogue.yaml:2:14"),
    "no engine": ("tables:\n  t: {engine: foxpro}\n", "bad-value", "catalogue.yaml:2:15"),
    "no type": ("tables:\n  t: {fields: {a: {type: arrray<int>}}}\n", "bad-value", "catalogue.yaml:2:26"),
    "deep type": (
        f"tables:\n  t: {{fields: {{a: {{type: {'array<' * 99}int{'>' * 99}}}}}}}\n",
        "bad-value",
        "catalogue.yaml:2:26",
    ),
    "no share": ("tables:\n  t: {fields: {a: {type: int, nulls: 3}}}\n", "bad-value", "catalogue.yaml:2:38"),
    "no bound": ("tables:\n  t: {fields: {a: {type: int, min: soon}}}\n", "bad-value", "catalogue.yaml:2:36"),
    "no type at all": ("tables:\n  t: {fields: {a: {distinct: 3}}}\n", "bad-value", "catalogue.yaml:2:19"),
    "time of no field": (
        "tables:\n  t:\n    time-column: dta\n    fields: {dt: {type: date}}\n",
        "no-such-field",
        "catalogue.yaml:3:18",
    ),
    "partition of no field": (
        "tables:\n  t:\n    partitions: [a, b]\n    fields: {b: {type: date}}\n",
        "no-such-field",
        "catalogue.yaml:3:18",
    ),
    "a list": ("[]", "bad-value", "catalogue.yaml:1:1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_fault_has_its_place(case):
    text, code, place = WRONG[case]
    found = problems(text)
    assert [(each.code, str(each.place)) for each in found] == [(code, place)]
    assert found[0].remedy
    assert "^" in str(found[0])


def test_all_faults_are_told_at_once():
    assert len(problems("tables:\n  t: {rows: x, bytes: y}\n  u: {engine: z}\n")) == 3


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"tables: {{t: {{{text}}}}}".encode()))
def test_any_bytes_are_a_catalogue_or_refused(source):
    try:
        catalogue.read(source, "catalogue.yaml")
    except PlacementError as error:
        assert error.problems  # noqa: PT017


SIZES = {
    "int": 4,
    "BIGINT": 8,
    "decimal(10,2)": 8,
    "decimal(38,2)": 16,
    "varchar(40)": 40,
    "struct<a:int,b:struct<c:bigint,d:double>>": 20,
    "array<int>": 8 * 4,
    "map<int,array<bigint>>": 8 * (4 + 8 * 8),
}


@pytest.mark.parametrize("kind", SIZES)
def test_a_type_has_its_size(kind):
    assert size_of(kind).value == SIZES[kind]


@pytest.mark.parametrize(
    "kind", ["", "x", "array", "array<", "array<x>", "map<int>", "struct<a>", "int<int>", "array<int"]
)
def test_what_is_no_type_has_none(kind):
    assert size_of(kind) is None


def test_names_are_found_with_and_without_their_database():
    tables = [Table("a.t"), Table("b.t"), Table("a.only"), Table("bare")]
    known = Catalogue({table.name: table for table in tables})
    assert known.find("A.T").name == known.find("t", "a").name == "a.t"
    assert known.find("t") is None
    assert known.find("only").name == "a.only"
    assert known.find("only", "b") is None
    assert known.find("x.bare").name == "bare"
    assert known.find("nothing") is None


def test_rows_by_what_is_known():
    assert rows_in(Table("t", rows=5e6, rows_per_day=1e6), 2).value == 2e6
    assert rows_in(Table("t", rows=5e6, rows_per_day=1e6), 9).value == 5e6
    assert rows_in(Table("t", rows=5e6), 2).value == 5e6
    known = Table("t", bytes_per_day=3e6, fields={"a": Field("int"), "b": Field("double")})
    assert rows_in(known, 2).value == pytest.approx(2 * 3e6 / 12)
    assert not rows_in(Table("t", rows_per_day=1e6), None).is_known


def test_runs_fill_the_statistics_and_the_newer_counts_more():
    table = learned(Table("t"), 1000, 8000)
    assert (table.rows, table.bytes) == (1000, 8000)
    later = learned(table, 4000, None)
    assert 2000 < later.rows < 4000
    assert later.bytes == 8000
    for _ in range(10):
        later = learned(later, 4000, None)
    assert later.rows == pytest.approx(4000, rel=0.01)
    assert Catalogue().learned("T", 7, None).find("t").rows == 7


@pytest.mark.parametrize("absurd", [0, -5, float("nan"), float("inf"), 1e30])
def test_absurd_runs_fill_nothing(absurd):
    assert learned(Table("t", rows=9), absurd, absurd) == Table("t", rows=9)


def test_the_engines_are_those_of_the_model():
    assert set(get_args(catalogue.Engine)) == set(KINDS)
