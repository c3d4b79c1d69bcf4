"""The client of the ResourceManager, against servers that misbehave."""

import sys

import pytest

from placement.errors import PlacementError
from placement.yarn import client
from placement.yarn.client import ResourceManager, simple, spnego
from tests.unit.yarn.stub import answer, app, code_of, free_address, serving, standby

APPS = {"apps": {"app": [app(1, tags="placement:0123456789abcdef,x"), app(2, "root.b")]}}


def test_applications_of_a_tag():
    with serving(answer(APPS)) as rm:
        (found,) = ResourceManager([rm.address], auth=simple("al ice")).applications("placement:0123456789abcdef")
        assert (found.id[-4:], found.queue, found.tags) == ("0001", "root.a", ("placement:0123456789abcdef", "x"))
    (line,) = rm.lines
    assert line.startswith("/ws/v1/cluster/apps?")
    assert "applicationTags=placement%3A0123456789abcdef" in line
    assert "user.name=al+ice" in line
    assert "Accept: application/json" in rm.asked[0]


def test_applications_of_some_ids_and_none_at_all():
    with serving(answer(APPS)) as rm:
        assert [each.queue for each in ResourceManager([rm.address]).applications(ids=[app(2)["id"]])] == ["root.b"]
        for nothing in ({"apps": None}, {"apps": {}}, {"apps": ""}):
            rm.behave = answer(nothing)
            assert ResourceManager([rm.address]).applications() == []


def test_an_application_that_is_not_known():
    gone = {"RemoteException": {"exception": "NotFoundException", "message": "app with id: x not found"}}
    with serving(answer({"app": app(7)})) as rm:
        assert ResourceManager([rm.address]).application("application_1_1").id == app(7)["id"]
        rm.behave = answer(gone, "404 Not Found")
        assert ResourceManager([rm.address]).application("../x?y") is None
        assert rm.lines[-1] == "/ws/v1/cluster/apps/..%2Fx%3Fy"
        rm.behave = answer("<html>nothing here</html>", "404 Not Found", "text/html")
        assert code_of(lambda: ResourceManager([rm.address]).application("application_1_1"))[0] == "rm-answer"


@pytest.mark.parametrize("location", [None, "http://127.0.0.1:1/ws/v1/cluster/apps"])
def test_a_standby_is_passed_over_and_the_active_one_remembered(location):
    with serving(standby(location)) as first, serving(answer(APPS)) as second:
        rm = ResourceManager([first.address, second.address])
        assert len(rm.applications()) == 2
        assert len(rm.applications()) == 2
        assert (len(first.asked), len(second.asked)) == (1, 2)
        first.behave, second.behave = answer(APPS), standby()
        assert len(rm.applications()) == 2
        assert rm.addresses == [first.address, second.address]


def test_a_redirect_is_never_followed():
    with serving(answer(APPS)) as other, serving(standby(f"{other.address}/ws/v1/cluster/apps")) as rm:
        code, message = code_of(ResourceManager([rm.address]).applications)
        assert code == "rm-standby"
        assert f"names `{other.address}` as active" in message
        rm.behave = answer("", "302 Found", "text/html", Location=f"{other.address}/ws/v1/cluster/apps")
        assert code_of(ResourceManager([rm.address]).applications)[0] == "rm-answer"
    assert not other.asked


def test_nobody_is_active():
    with serving(standby()) as first, serving(standby()) as second:
        assert code_of(ResourceManager([first.address, second.address]).applications)[0] == "rm-standby"
        code, message = code_of(ResourceManager([first.address, free_address()]).applications)
        assert code == "rm-standby"
        assert "Connection refused" in message


def test_info_is_that_of_the_active_one_although_a_standby_answers_too():
    def info(state):
        return answer({"clusterInfo": {"haState": state, "hadoopVersion": "3.5.0", "startedOn": 17}})

    with serving(info("STANDBY")) as first, serving(info("ACTIVE")) as second:
        assert ResourceManager([first.address, second.address]).info() == client.Info("ACTIVE", "3.5.0", 17)
        assert code_of(ResourceManager([first.address]).info)[0] == "rm-standby"


@pytest.mark.parametrize(("status", "needs_ticket"), [("401 Unauthorized", True), ("403 Forbidden", False)])
def test_a_refusal_is_told_in_the_resource_managers_words_and_not_repeated(status, needs_ticket):
    said = {"RemoteException": {"message": "no \x1b[31m business here"}}
    with serving(answer(said, status, WWW_Authenticate="Negotiate")) as rm:
        with pytest.raises(PlacementError) as caught:
            ResourceManager([rm.address]).applications()
        (problem,) = caught.value.problems
        assert problem.code == "rm-refused"
        assert r"no \x1b[31m business here" in problem.message
        assert ("kinit" in problem.remedy) == needs_ticket
        assert len(rm.asked) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer("<html>", sort="text/html"), "found `text/html`"),
        (answer("There is no active RM right now.", sort="text/plain"), "found `text/plain`"),
        (answer("{"), "expected JSON"),
        (answer("[" * 100_000), "expected JSON"),
        (answer("[]"), "Expected `object`"),
        (answer({"apps": {"app": [{"id": "x"}]}}), "missing required field `user` - at `$.apps.app[0]`"),
        (answer({"RemoteException": {"message": "bad tag"}}, "400 Bad Request"), "400 bad tag"),
        (answer(b"\x1f\x8b\x08", Content_Encoding="gzip"), "expected JSON"),
    ],
)
def test_what_is_no_answer_of_a_resource_manager(given, words):
    with serving(given) as rm:
        code, message = code_of(ResourceManager([rm.address]).applications)
        assert code == "rm-answer"
        assert words in message
        assert len(rm.asked) == 1


def test_a_fault_that_may_pass_is_tried_again():
    with serving(lambda _: answer("", "503 Busy") if len(rm.asked) == 1 else answer(APPS)) as rm:
        assert len(ResourceManager([rm.address]).applications()) == 2
        rm.behave = answer("", "500 Oh")
        code, message = code_of(ResourceManager([rm.address]).applications)
        assert (code, len(rm.asked)) == ("rm-unreachable", 4)
        assert "it answers 500 Oh" in message


def test_a_body_that_is_cut_short():
    whole = answer(APPS)
    with serving(whole[:-9]) as rm:
        assert code_of(ResourceManager([rm.address]).applications)[0] == "rm-unreachable"
        chunked = answer(b"", Transfer_Encoding="chunked", Content_Length=None)
        rm.behave = chunked + b"5\r\n{}   \r\n"
        assert code_of(ResourceManager([rm.address]).applications)[0] == "rm-unreachable"
        rm.behave = chunked + b"c\r\n" + b'{"apps": {}}' + b"\r\n0\r\n\r\n"
        assert ResourceManager([rm.address]).applications() == []
        rm.behave = b"HT"
        assert code_of(ResourceManager([rm.address]).applications)[0] == "rm-unreachable"
        rm.behave = b""
        assert code_of(ResourceManager([rm.address]).applications)[0] == "rm-unreachable"


def test_an_answer_without_a_length_ends_with_the_connection():
    with serving(answer(APPS, Content_Length=None)) as rm:
        assert len(ResourceManager([rm.address]).applications()) == 2


def test_nobody_waits_for_ever_for_an_answer_or_its_end():
    def hangs(_):
        yield whole[: len(whole) // 2]
        rm.ended.wait(20)

    def trickles(_):
        head = whole.index(b"\r\n\r\n") + 4
        yield whole[:head]
        for byte in whole[head:]:
            yield bytes([byte])
            if rm.ended.wait(0.05):
                return

    whole = answer({"apps": {"app": [app(number) for number in range(9)]}})
    with serving(lambda _: rm.ended.wait(20) and b"") as rm:
        yarn = ResourceManager([rm.address], timeout_s=0.3)
        words = f"the ResourceManager cannot be asked: {rm.address}: no answer in time"
        for behave in (rm.behave, hangs, trickles):
            rm.behave = behave
            assert code_of(yarn.applications) == ("rm-unreachable", words)


def test_an_answer_too_large_is_not_taken():
    def without_end(_):
        yield answer(b"", Content_Length=None)
        while not rm.ended.is_set():
            yield b" " * 65536

    with serving(without_end) as rm:
        code, message = code_of(ResourceManager([rm.address]).applications)
        assert (code, len(rm.asked)) == ("rm-answer", 1)
        assert "more than 256 MiB" in message


def test_no_cookie_is_kept():
    """A real one would make everybody who asks by this client the user who asked first."""
    with serving(answer(APPS, Set_Cookie="hadoop.auth=u=alice; Path=/; Domain=127.0.0.1")) as rm:
        yarn = ResourceManager([rm.address], auth=simple("bob"))
        yarn.applications()
        yarn.applications()
        assert len(rm.asked) == 2
        assert not any("ookie" in request for request in rm.asked)


def test_no_proxy_and_no_netrc_of_the_environment(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", free_address())
    with serving(answer(APPS)) as rm:
        assert len(ResourceManager([rm.address]).applications()) == 2
        assert "Authorization" not in rm.asked[0]


@pytest.mark.parametrize("address", ["http://", "http://[::1", "ftp://127.0.0.1", "http://127.0.0.1:99999", "\n"])
def test_an_address_that_is_none(address):
    assert code_of(ResourceManager([address]).applications)[0] == "rm-unreachable"


def test_a_server_that_does_not_speak_tls():
    with serving(answer(APPS)) as rm:
        code, message = code_of(ResourceManager([rm.address.replace("http:", "https:")], timeout_s=1).applications)
        assert (code, "TLS fails" in message or "no answer" in message) == ("rm-unreachable", True)


def test_kerberos_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests_gssapi", None)
    with pytest.raises(PlacementError) as caught:
        spnego()
    (problem,) = caught.value.problems
    assert (problem.code, "pip install" in problem.remedy) == ("no-gssapi", True)


def test_queues_of_both_schedulers_by_their_paths():
    fair = {
        "type": "fairScheduler",
        "rootQueue": {
            "queueName": "root",
            "childQueues": {"queue": [{"queueName": "root.a", "childQueues": {"queue": {"queueName": "root.a.b"}}}]},
        },
    }
    capacity = {
        "type": "capacityScheduler",
        "queueName": "root",
        "queues": {"queue": [{"queueName": "a", "queues": {"queue": [{"queueName": "b", "capacity": 7.0}]}}]},
    }
    with serving(answer({"scheduler": {"schedulerInfo": fair}})) as rm:
        assert list(ResourceManager([rm.address]).scheduler().queues) == ["root", "root.a", "root.a.b"]
        rm.behave = answer({"scheduler": {"schedulerInfo": capacity}})
        found = ResourceManager([rm.address]).scheduler()
    assert (found.type, list(found.queues)) == ("capacityScheduler", ["root", "root.a", "root.a.b"])
    assert found.queues["root.a.b"]["capacity"] == 7.0


@pytest.mark.parametrize("said", ["Fair Scheduler", "OwnScheduler", None])
def test_the_type_of_the_scheduler_which_older_releases_say_beside_the_queues_alone(said):
    def behave(request):
        if "scheduler-overview" not in request:
            return answer({"scheduler": {"schedulerInfo": {"type": "fifoScheduler"}}})
        return answer({"scheduler": {"schedulerType": said}}) if said else answer({}, "404 Not Found")

    with serving(behave) as rm:
        expected = {"Fair Scheduler": "fairScheduler", None: "fifoScheduler"}.get(said, said)
        assert ResourceManager([rm.address]).scheduler_type() == expected


def test_bounds_of_a_container_which_older_releases_do_not_say():
    said = {"schedulerType": "Fair Scheduler", "minimumAllocation": {"memory": 128, "vCores": 1}}
    with serving(answer({"scheduler": said})) as rm:
        found = ResourceManager([rm.address]).overview()
        assert (found.minimum.memory, found.minimum.vCores, found.largest) == (128, 1, None)
        rm.behave = answer({"scheduler": said | {"minimumAllocation": {"memory": "128"}}})
        assert code_of(ResourceManager([rm.address]).overview)[0] == "rm-answer"
        rm.behave = answer({}, "404 Not Found")
        assert ResourceManager([rm.address]).overview().minimum is None


def test_applications_that_have_not_ended_with_and_without_what_they_ask_for():
    request = {"resourceName": "*", "capability": {"memory": 512, "vCores": 1}}
    with serving(answer({"apps": {"app": [app(1, state="ACCEPTED", resourceRequests=[request])]}})) as rm:
        manager = ResourceManager([rm.address])
        assert [each.state for each in manager.live_applications()] == ["ACCEPTED"]
        assert manager.waiting_applications()[0].resourceRequests[0].capability.memory == 512
        rm.behave = answer({"apps": None})
        assert manager.live_applications() == []
    assert "states=NEW%2CNEW_SAVING%2CSUBMITTED%2CACCEPTED%2CRUNNING&deSelects=resourceRequests" in rm.lines[0]
    assert rm.lines[1].endswith("apps?states=ACCEPTED")
