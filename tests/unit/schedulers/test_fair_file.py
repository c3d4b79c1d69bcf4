"""The allocation file: what is read, what is refused, and that what is written is read again."""

import pytest
from hypothesis import Phase, assume, given, settings

from placement.errors import PlacementError
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair.file import read, write
from placement.schedulers.fair.importing import hierarchy
from tests.conftest import EXPECTED
from tests.unit.schedulers.fair_files import files

CASES = sorted(file.stem for file in (EXPECTED / "fair_file").glob("*.xml"))
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]  # shrinking takes long


@pytest.mark.parametrize("case", CASES)
def test_a_file_and_what_is_said_of_it(case, expect):
    content = (EXPECTED / "fair_file" / f"{case}.xml").read_bytes()
    try:
        configuration, problems = read(content, f"{case}.xml")
        said = [configuration.general, configuration.queues]
        text = "".join(f"{queue or 'general'}: {dict(of)}\n" for each in said for queue, of in named(each))
        problems += hierarchy(configuration)[1]
        text += write(configuration).decode()
    except PlacementError as error:
        text, problems = "", error.problems
    expect(f"fair_file/{case}.txt", text + "".join(f"{problem}\n" for problem in problems))


def named(said):
    is_general = not all(isinstance(each, dict) for each in said.values()) or not said
    return [("", said)] if is_general else said.items()


@settings(max_examples=30, deadline=None, phases=QUICK)
@given(files())
def test_what_is_read_and_written_is_read_again(content):
    try:
        configuration, _ = read(content, "f")
    except PlacementError as error:
        refused = error.problems
    else:
        refused = ()
    assert all(problem.place.line for problem in refused)
    if refused:
        return
    again, warnings = read(write(configuration), "g")
    assert again == configuration
    assert {warning.code for warning in warnings} <= {"unknown-element", "not-followed"}
    assert write(again) == write(configuration)


def test_every_property_has_its_place():
    content = b'<allocations>\n<queue name="a">\n <weight>2</weight></queue>\n<user name="x">\n'
    content += b"<maxRunningApps>3</maxRunningApps></user></allocations>"
    places = read(content, "f")[0].places
    assert places["root.a", None].line == 2
    assert str(places["root.a", "weight"]) == "f:3:2"
    assert places[None, "user x maxRunningApps"].line == 5


def test_text_that_looks_like_an_element_stays_text():
    content = b"<allocations><mine>&lt;mine/></mine><other><!-- c --><b/></other></allocations>"
    configuration, _ = read(content, "f")
    assert configuration.general == {"mine": "<mine>&lt;mine/&gt;</mine>", "other": "<other><b/></other>"}
    assert read(write(configuration), "f")[0] == configuration


@pytest.mark.parametrize(
    ("content", "code"),
    {
        "bomb": (b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><allocations>&d;</allocations>', "xml-refused"),
        "external": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><allocations/>', "xml-refused"),
        "unknown entity": (b"<allocations>&b;</allocations>", "not-xml"),
        "truncated": (b'<allocations><queue name="a">', "not-xml"),
        "empty": (b"", "not-xml"),
        "binary": (bytes(range(256)), "not-xml"),
        "large": (b"<allocations>" + b" " * (50 * 2**20), "xml-refused"),
        "deep": (b"<allocations>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</allocations>", "xml-refused"),
        "too deep to parse": (b"<a>" * 10**6, "not-xml"),
        "deep queues": (
            b"<allocations>" + b'<queue name="a">' * 300 + b"</queue>" * 300 + b"</allocations>",
            "xml-refused",
        ),
        "another file": (b"<configuration/>", "not-allocations"),
        "parts": (b'<allocations><queue name="a"><weight>2<![CDATA[3]]></weight></queue></allocations>', "cdata"),
    }.values(),
)
def test_what_cannot_be_trusted_is_refused(content, code):
    with pytest.raises(PlacementError) as caught:
        read(content, "f")
    assert [problem.code for problem in caught.value.problems] == [code]


@settings(max_examples=30, deadline=None, phases=QUICK)
@given(files())
def test_a_file_cut_short_says_where(content):
    assume(len(content) > 30)
    with pytest.raises(PlacementError) as caught:
        read(content[:-15], "f")
    assert [problem.code for problem in caught.value.problems] == ["not-xml"]


def test_nothing_is_written_into_the_text_of_an_access_list():
    configuration = Configuration("fair", {"root": {"aclSubmitApps": " ", "aclAdministerApps": "ann\n etl\r"}})
    content = write(configuration)
    assert b"<aclSubmitApps> </aclSubmitApps>" in content
    assert read(content, "f")[0] == configuration
