"""Files that Hadoop's schedulers complain of (tests/data/hadoop_loader), for the real classes and for our reading."""

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import yaml

from placement.errors import PlacementError
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.capacity.terms import PREFIX
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import words
from tests.conftest import EXPECTED

FOLDER = "hadoop_loader"
TWO_QUEUES = {"root.queues": "a,b", "root.a.capacity": "50", "root.b.capacity": "50"}


@dataclass(frozen=True)
class Case:
    name: str
    scheduler: str
    content: bytes

    def configuration(self) -> Configuration:
        """What the file says, word by word: our own readers refuse most of them, too."""
        if self.scheduler == "fair":
            return _told(self.content)
        try:
            return capacity_file.read(self.content, "file")[0]
        except PlacementError:
            return Configuration(self.scheduler, {"root": {}})


def cases(scheduler: str) -> list[Case]:
    said = yaml.safe_load((EXPECTED / FOLDER / f"{scheduler}.yaml").read_text())
    content = _allocations if scheduler == "fair" else _properties
    return [Case(each["name"], scheduler, content(each).encode()) for each in said]


def _told(content):
    queues, general = {"root": {}}, {}
    rest = [("root", ElementTree.fromstring(content), general)]
    while rest:
        path, element, own = rest.pop(0)
        for child in element:
            if child.tag == "queue":
                inner = "root" if child.get("name") == "root" else f"{path}.{child.get('name')}"
                rest.append((inner, child, queues.setdefault(inner, {})))
            elif child.tag == "user":
                own[words.of_user(child.get("name"))] = child[0].text
            else:
                own[child.tag] = child.text or ""
    return Configuration("fair", queues, general)


def _allocations(case):
    return f"<allocations>{case['inside']}</allocations>"


def _properties(case):
    said = TWO_QUEUES | case["says"]
    properties = (
        f"<property><name>{PREFIX}{name}</name><value>{escape(text)}</value></property>" for name, text in said.items()
    )
    return f"<configuration>{''.join(properties)}</configuration>"
