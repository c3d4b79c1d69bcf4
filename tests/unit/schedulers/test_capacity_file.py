import pytest

from placement.errors import PlacementError
from placement.queues_file.reading import read as read_queues
from placement.queues_file.writing import as_yaml
from placement.schedulers.capacity.file import properties, read, write
from placement.schedulers.capacity.importing import hierarchy
from placement.schedulers.configuration import Configuration
from tests.conftest import ROOT

FILES = sorted((ROOT / "tests" / "data" / "capacity_file").glob("*.xml"))
MORE = b"<configuration><property><name>yarn.scheduler.capacity.root.a.state</name><value>STOPPED</value></property>"


def imported(content, name, include=None):
    """What is imported, or why not, as people see it."""
    try:
        configuration, problems = read(content, name, include)
        found, more = hierarchy(configuration)
    except PlacementError as error:
        faults = [problem for problem in error.problems if not problem.remedy or not problem.place]
        return f"{error}\n" if not faults else "a fault without place or remedy"
    text = as_yaml(found)
    assert read_queues(text.encode(), "queues.yaml").hierarchy == found
    return text + "".join(f"{problem}\n" for problem in (*problems, *more))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_imported_or_refused_by_line(file, expect):
    def include(href):
        if href == "gone.xml":
            raise FileNotFoundError(2, "No such file")
        return MORE + b"</configuration>"

    expect(f"capacity_file/{file.stem}.txt", imported(file.read_bytes(), file.name, include))


def including(*hrefs):
    lines = "".join(f'<include href="{href}"/>' for href in hrefs)
    return f"<configuration>{lines}</configuration>".encode()


@pytest.mark.parametrize(
    ("include", "words"),
    [
        (None, "nothing is included here"),
        (lambda _: including("more.xml"), "a file that includes it"),
        (lambda href: including(f"{href}1", f"{href}2"), "more than 100 inclusions"),
        (lambda _: MORE, "cannot be read"),
        (lambda _: b"", "cannot be read"),
        (lambda _: b"\0\x01binary", "cannot be read"),
    ],
)
def test_what_cannot_be_included_is_refused(include, words):
    with pytest.raises(PlacementError, match=words):
        read(including("more.xml"), "x.xml", include)


DEEP = b"<configuration>" * 300 + b"</configuration>" * 300


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\x01binary", b"<configuration>" * 300, DEEP, b"<configuration/>" + b" " * (50 * 2**20), b"\xff\xfe<"],
)
def test_what_is_no_file_of_hadoop_is_refused(content):
    with pytest.raises(PlacementError):
        read(content, "x.xml")


def test_texts_are_kept_exactly():
    root = {"acl_submit_applications": " ", "x": "", "y": " <&>\"'\r\n\t ]]> é "}
    configuration = Configuration("capacity", {"root": root, "root.a": {"capacity": "100"}}, {"yarn.x": "--"})
    again, _ = read(write(configuration), "x.xml")
    assert again == configuration
    assert properties(again)["yarn.scheduler.capacity.root.queues"] == "a"
    assert again.places["root.a", "capacity"].line == 10


def test_a_character_that_no_xml_holds_is_refused():
    with pytest.raises(PlacementError, match="not-in-xml"):
        write(Configuration("capacity", {"root": {"x": "\x01"}}))
