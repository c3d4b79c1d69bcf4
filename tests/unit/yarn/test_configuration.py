"""Where the ResourceManager is, by the files that Hadoop's own clients read."""

import pytest

from placement.errors import PlacementError
from placement.yarn.configuration import addresses, read

HOST, HA = "yarn.resourcemanager.hostname", "yarn.resourcemanager.ha"
WEB, SECURE = "yarn.resourcemanager.webapp.address", "yarn.resourcemanager.webapp.https.address"
TWO = {f"{HA}.enabled": "true", f"{HA}.rm-ids": "rm1, rm2"}
HTTPS = {"yarn.http.policy": "HTTPS_ONLY"}


def xml(properties):
    said = "".join(
        f"<property><name>{name}</name><value>{value}</value></property>" for name, value in properties.items()
    )
    return f"<configuration>{said}</configuration>".encode()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ["http://localhost:8088"]),
        ({HOST: "rm"}, ["http://rm:8088"]),
        ({HOST: "rm", **HTTPS}, ["https://rm:8090"]),
        ({HOST: "rm", WEB: "${yarn.resourcemanager.hostname}:9000"}, ["http://rm:9000"]),
        ({WEB: " rm:9000 "}, ["http://rm:9000"]),
        ({WEB: "rm"}, ["http://rm:8088"]),
        ({WEB: "0.0.0.0:9000"}, ["http://localhost:9000"]),
        ({WEB: "[::1]:9000"}, ["http://[::1]:9000"]),
        ({WEB: "[::1]"}, ["http://[::1]:8088"]),
        ({WEB: "a:1", SECURE: "b:2", **HTTPS}, ["https://b:2"]),
        ({**TWO, f"{HOST}.rm1": "a", f"{HOST}.rm2": "b"}, ["http://a:8088", "http://b:8088"]),
        ({**TWO, f"{WEB}.rm1": "a:1", f"{HOST}.rm2": "b", WEB: "c:3"}, ["http://a:1", "http://b:8088"]),
        ({**TWO, **HTTPS, f"{SECURE}.rm1": "a:1", f"{WEB}.rm2": "b:2", f"{HOST}.rm2": "b"}, ["https://a:1", "https://b:8090"]),
        ({f"{HA}.rm-ids": "rm1", f"{HOST}.rm1": "a", HOST: "b"}, ["http://b:8088"]),
    ],
)  # fmt: skip
def test_addresses_of_a_yarn_site(properties, expected):
    assert list(read(None, xml(properties), {})) == expected


def test_a_variable_of_core_site_and_of_the_environment():
    core = xml({"our.master": "m1"})
    assert read(core, xml({HOST: "${our.master}.${env.DOMAIN}"}), {"DOMAIN": "example"}) == ("http://m1.example:8088",)


ENTITY = b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><configuration>&x;</configuration>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<configuration>", "yarn-site.xml"),
        (ENTITY, "document type"),
        (xml(TWO), "names no ResourceManager"),
        (xml({WEB: "a:b"}), "is not HOST:PORT"),
        (xml({WEB: "user@evil/x:80"}), "is not HOST:PORT"),
        (xml({HOST: "${nobody.knows}"}), "nobody.knows"),
    ],
)
def test_a_file_that_does_not_say(content, words):
    with pytest.raises(PlacementError, match=words) as caught:
        read(None, content, {})
    assert [problem.code for problem in caught.value.problems] == ["no-resource-manager"]


def test_the_first_folder_that_has_the_file(tmp_path):
    for name in ("hadoop", "yarn"):
        (tmp_path / name).mkdir()
    (tmp_path / "yarn" / "yarn-site.xml").write_bytes(xml({HOST: "y"}))
    environ = {"HADOOP_CONF_DIR": str(tmp_path / "hadoop"), "YARN_CONF_DIR": str(tmp_path / "yarn")}
    assert addresses(environ) == ("http://y:8088",)
    (tmp_path / "hadoop" / "yarn-site.xml").write_bytes(xml({HOST: "h"}))
    assert addresses(environ) == ("http://h:8088",)
    with pytest.raises(PlacementError, match=r"no yarn-site\.xml in"):
        addresses({"HADOOP_CONF_DIR": str(tmp_path)})
