"""Client and commands on a real ResourceManager under Kerberos, over HTTPS: whom it sees, and what is said if not."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from placement.errors import PlacementError
from placement.yarn.client import ResourceManager, simple, spnego
from tests.conftest import ROOT
from tests.engines.kdc import SERVICE, Kdc
from tests.engines.spnego_yarn import SpnegoYarn

PLACEMENT = Path(sys.executable).parent / "placement"
ALICE, BOB, YARN = "alice", "bob", "yarn"  # administers the queues; nobody special; administers the cluster
PROD = "root.applications.prod"
NO_TICKET = ("401 Authentication required", "kinit")
BAD_TICKET = "klist"


@pytest.fixture(scope="module")
def kdc(tmp_path_factory):
    with Kdc(tmp_path_factory.mktemp("kdc"), (SERVICE, ALICE, BOB, YARN)) as started:
        yield started


@pytest.fixture(scope="module")
def rm(kdc):
    nobody = "<aclAdministerApps> </aclAdministerApps>"
    template = (ROOT / "templates" / "fair-scheduler.xml").read_text()
    with SpnegoYarn(kdc, template.replace(nobody, nobody.replace("> <", f">{ALICE}<"), 1)) as started:
        yield started


@pytest.fixture
def use(rm, kdc, monkeypatch):
    """A function that makes a cache the one of this process, with the authority trusted; of None there is none."""
    monkeypatch.setenv("SSL_CERT_FILE", str(rm.authority))

    def environment(cache, of=kdc):
        for name, value in of.environment(cache).items():
            monkeypatch.setenv(name, value)

    environment(None)
    return environment


@pytest.fixture
def policy(tmp_path):
    """A policy of this cluster."""
    folder = tmp_path / "policy"
    folder.mkdir()
    shutil.copy(ROOT / "policies" / "pnda" / "queues.yaml", folder)
    (folder / "map.txt").write_text(f":prod {PROD}\n* root.default\n")
    (folder / "groups.yaml").write_text(f"{ALICE}: [prod]\n{BOB}: [dev]\n")
    (folder / "site.yaml").write_text("scheduler: fair\nauthentication: kerberos\ngroups: {static: groups.yaml}\n")
    return folder


def refused(ask):
    """Message and remedy of a refusal."""
    return failed(ask, "rm-refused")


def failed(ask, code):
    with pytest.raises(PlacementError) as caught:
        ask()
    (problem,) = caught.value.problems
    assert problem.code == code
    return problem.message, problem.remedy


def placement(rm, kdc, cache, *command):
    """A command of the account that runs the tests, on a gateway of the cluster."""
    environ = rm.environment(BOB) | kdc.environment(cache) | {"SSL_CERT_FILE": str(rm.authority)}
    return subprocess.run([PLACEMENT, *command], env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_a_ticket_is_enough_to_read(rm, kdc, use):
    use(kdc.kinit(ALICE))
    client = ResourceManager([rm.url], auth=spnego())
    assert client.info().version
    assert PROD in client.queue_states()
    assert client.scheduler_type() == "fairScheduler"


def test_the_resource_manager_sees_whose_ticket_it_is(rm, kdc, use):
    """One client, so that no connection and no cookie keeps an earlier name."""
    client = ResourceManager([rm.url], auth=spnego())
    use(kdc.kinit(ALICE))
    assert client.access(BOB, PROD).allowed is False
    assert client.access(ALICE, PROD).allowed is True
    message, remedy = refused(client.scheduler_conf)
    assert "Only admins" in message
    assert "kinit" not in remedy  # she has a ticket; it is the right that is missing
    use(kdc.kinit(BOB))
    message, remedy = refused(lambda: client.access(ALICE, PROD))
    assert "bob" in message
    assert "queues.yaml" in remedy
    use(kdc.kinit(YARN))
    assert client.scheduler_conf() is None  # he may ask: it is in a file


@pytest.mark.usefixtures("use")
def test_a_name_alone_is_no_ticket(rm):
    message, remedy = refused(ResourceManager([rm.url], auth=simple(YARN)).info)
    assert message.endswith(NO_TICKET[0])
    assert NO_TICKET[1] in remedy


def expired(kdc, _):
    cache = kdc.kinit(ALICE, life_s=1)
    time.sleep(2)
    return kdc, cache


def garbage(kdc, folder):
    (folder / "cache").write_bytes(b"no ticket cache")
    return kdc, folder / "cache"


def nobody_to_ask(kdc, folder):
    with Kdc(folder, (), of=kdc) as stopped:
        cache = stopped.kinit(ALICE)
    return stopped, cache


def none_at_all(kdc, _):
    return kdc, None


@pytest.mark.parametrize("case", [none_at_all, expired, garbage, nobody_to_ask], ids=lambda case: case.__name__)
def test_without_a_ticket_that_counts(rm, kdc, use, tmp_path, capfd, case):
    of, cache = case(kdc, tmp_path)
    use(cache, of)
    message, remedy = refused(ResourceManager([rm.url], auth=spnego()).info)
    assert message.endswith(NO_TICKET[0])
    assert NO_TICKET[1] in remedy
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ahead_s", [3600, -3600])
def test_a_clock_that_is_an_hour_off(rm, kdc, use, tmp_path, ahead_s):
    """The client goes by the clock of its KDC, so that stands for its own."""
    with Kdc(tmp_path, (), of=kdc, ahead_s=ahead_s) as other:
        use(other.kinit(ALICE), other)
        message, remedy = refused(ResourceManager([rm.url], auth=spnego()).info)
    assert "Clock skew too great" in message
    assert BAD_TICKET in remedy


def test_a_ticket_of_another_realm_of_that_name(rm, use, tmp_path):
    with Kdc(tmp_path, (SERVICE, ALICE)) as other:
        use(other.kinit(ALICE), other)
        message, remedy = refused(ResourceManager([rm.url], auth=spnego()).info)
    assert "403 GSSException" in message
    assert BAD_TICKET in remedy


def test_commands_with_a_ticket(rm, kdc, policy):
    done = placement(rm, kdc, kdc.kinit(ALICE), "parity", "--users", f"{ALICE},{BOB}", "--policy", policy, "--json")
    assert (done.stderr, done.returncode in (0, 1)) == ("", True)
    assert json.loads(done.stdout)["users"] == 2
    done = placement(rm, kdc, kdc.kinit(BOB), "doctor", "--policy", policy)
    assert "rm-" not in done.stdout + done.stderr


def test_commands_without_a_ticket(rm, kdc, policy):
    done = placement(rm, kdc, None, "parity", "--policy", policy)
    first, second = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (78, "")
    assert first == f"error[rm-refused]: the ResourceManager at {rm.url} refuses: {NO_TICKET[0]}"
    assert NO_TICKET[1] in second
    done = placement(rm, kdc, None, "doctor", "--policy", policy)
    assert first in done.stdout + done.stderr


def test_an_authority_that_the_machine_does_not_trust(rm, kdc, use, monkeypatch):
    use(kdc.kinit(YARN))
    monkeypatch.delenv("SSL_CERT_FILE")
    client = ResourceManager([rm.url], auth=spnego())
    message, _ = failed(client.info, "rm-unreachable")
    assert "certificate verify failed" in message
    assert "SSL_CERT_FILE" in message
    failed(lambda: client.update_scheduler_conf({"a": "b"}), "rm-unreachable")  # nothing was sent: no `rm-unclear`


def test_a_certificate_of_another_name(rm, kdc, use):
    use(kdc.kinit(ALICE))
    client = ResourceManager([rm.url.replace("localhost", "127.0.0.1")], auth=spnego())
    assert "IP address mismatch" in failed(client.info, "rm-unreachable")[0]
