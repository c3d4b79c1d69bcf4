"""The capacity scheduler itself takes what is rendered, and reads what we read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.schedulers.capacity.file import of, read, write
from placement.schedulers.capacity.importing import hierarchy
from placement.schedulers.capacity.rendering import render
from placement.schedulers.capacity.resource import in_force
from tests import capacity_trees
from tests.cluster.capacity_oracle import CapacityOracle

SURPRISES = Path(__file__).resolve().parents[1] / "data" / "capacity_file"
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def oracle() -> Iterator[CapacityOracle]:
    with CapacityOracle() as running:
        yield running


@settings(max_examples=30, **QUIET)
@given(tree=capacity_trees.hierarchies())
def test_whatever_is_rendered_is_accepted_and_means_the_same_when_imported(oracle: CapacityOracle, tree) -> None:
    rendered, _ = render(tree)
    answer = oracle.read(write(rendered))
    if _is_a_fault_of_the_policy(answer.get("refused", "")):
        return
    assert answer.get("queues"), answer.get("refused")
    assert set(answer["queues"]) == set(rendered.queues)
    again = oracle.read(write(render(hierarchy(rendered)[0])[0]))
    assert again["queues"] == answer["queues"]


@settings(max_examples=80, **QUIET)
@given(said=capacity_trees.properties())
def test_what_the_scheduler_takes_is_imported_and_means_the_same(oracle: CapacityOracle, said: dict[str, str]) -> None:
    configuration = of(said)
    answer = oracle.read(write(configuration))
    try:
        imported, _ = hierarchy(configuration)
    except PlacementError as error:
        imported, why = None, str(error)
    if imported is None:
        assert "refused" in answer, why
        return
    again = oracle.read(write(render(imported)[0]))
    assert again.get("queues") == answer.get("queues")
    assert again.get("refused") == answer.get("refused")


@settings(max_examples=100, **QUIET)
@given(st.lists(st.sampled_from(
    ["<property>", "</property>", "<name>a</name>", "<name>b</name>", "<value>1</value>", "<value> 2 </value>",
     "<value/>", "<final>true</final>", "<final>TRUE</final>", "<source>x</source>", "<property name='a' value=''/>",
     "<property name='b' value='3' final='true'/>", "<!-- c -->", "<value>a<b>c</b>d</value>", "<value>x${a}y</value>",
     "<value><![CDATA[<&>]]></value>", "<name> a\n</name>", "<value>1<!-- c -->2</value>", "text", "<tag>t</tag>",
     "<property><name>c</name><value>${a}${b}${c}</value></property>", "<fallback>", "</fallback>"]), max_size=14,
))  # fmt: skip
def test_odd_files_are_read_as_hadoop_reads_them(oracle: CapacityOracle, pieces: list[str]) -> None:
    content = f"<configuration>{''.join(pieces)}</configuration>".encode()
    answer = oracle.read(content)
    try:
        found = in_force(content, "odd.xml", None)
    except PlacementError as error:
        found, codes = None, {problem.code for problem in error.problems}
    if found is None:
        assert "unreadable" in answer or codes == {"variable-unknown"}, codes
        return
    assert dict(found.texts) == answer.get("properties"), answer.get("unreadable")


def _is_a_fault_of_the_policy(refused: str) -> bool:
    """What `placement check` finds: more is reserved than the maximum, labels out of reach."""
    return "greater than its max value" in refused or "greater than parents max" in refused


@pytest.mark.parametrize("file", sorted(SURPRISES.glob("*.xml")), ids=lambda file: file.stem)
def test_surprises_are_read_as_hadoop_reads_them(oracle: CapacityOracle, file: Path) -> None:
    answer = oracle.read(file.read_bytes())
    try:
        found, _ = read(file.read_bytes(), file.name)
        _, problems = hierarchy(found)
    except PlacementError:
        return
    if any(problem.code == "refused-value" for problem in problems):
        assert "refused" in answer
        return
    assert "queues" in answer, answer.get("refused")
    assert set(found.queues) == set(answer["queues"])
