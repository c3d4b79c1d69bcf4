"""Changing the scheduler's configuration by REST: never twice, and never in doubt without saying so."""

import pytest

from placement.yarn import answers, client
from placement.yarn.answers import QueueState
from placement.yarn.client import ResourceManager
from tests.unit.yarn.stub import answer, code_of, free_address, serving, standby

DONE = answer("Configuration change successfully applied.")
CHANGE = {"yarn.scheduler.capacity.root.a.capacity": "40", "yarn.scheduler.capacity.root.b.<&>": None}
ILLEGAL = "Failed to re-init queues : Illegal capacity sum of 1.15 for children of queue root"


def test_a_change_is_sent_once_as_xml():
    with serving(DONE) as rm:
        ResourceManager([rm.address]).update_scheduler_conf(CHANGE)
    (request,) = rm.asked
    assert request.startswith("PUT /ws/v1/cluster/scheduler-conf HTTP")
    assert "Content-Type: application/xml" in request


def test_what_a_change_is_written_as():
    assert answers.update({"a": " ", "b<&>": None, "ü": ""}).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n<sched-conf><global-updates>"
        "<entry><key>a</key><value> </value></entry><entry><key>b&lt;&amp;&gt;</key></entry>"
        "<entry><key>ü</key><value></value></entry></global-updates></sched-conf>"
    )


def test_a_standby_and_one_that_is_down_leave_it_to_the_active_one():
    with serving(standby()) as first, serving(DONE) as second:
        ResourceManager([free_address(), first.address, second.address]).update_scheduler_conf(CHANGE)
        assert (len(first.asked), len(second.asked)) == (1, 1)
        second.behave = standby()
        manager = ResourceManager([first.address, second.address])
        assert code_of(lambda: manager.update_scheduler_conf(CHANGE))[0] == "rm-standby"
    address = free_address()
    assert code_of(lambda: ResourceManager([address]).update_scheduler_conf(CHANGE))[0] == "rm-unreachable"


@pytest.mark.parametrize(
    "given",
    [
        answer(ILLEGAL, "400 Bad Request"),
        answer(ILLEGAL, "400 Bad Request", "text/plain"),
        answer({"RemoteException": {"message": ILLEGAL}}, "400 Bad Request"),
        answer(
            f"<RemoteException><message>{ILLEGAL}</message></RemoteException>", "400 Bad Request", "application/xml"
        ),
    ],
)
def test_a_refusal_is_in_the_resource_managers_words(given):
    with serving(given) as rm, serving(DONE) as other:
        manager = ResourceManager([rm.address, other.address])
        assert code_of(lambda: manager.update_scheduler_conf(CHANGE)) == (
            "rm-refuses-change",
            f"the ResourceManager refuses the change: {ILLEGAL}",
        )
        assert manager.validate_scheduler_conf(CHANGE) == ILLEGAL
        assert not other.asked


def test_a_refusal_without_words():
    with serving(answer({"RemoteException": {"exception": "BadRequestException"}}, "400 Bad Request")) as rm:
        assert code_of(lambda: ResourceManager([rm.address]).update_scheduler_conf(CHANGE)) == (
            "rm-refuses-change",
            "the ResourceManager refuses the change: Bad Request",
        )
        rm.behave = answer("<html>\x1b[31m</html>", "400 Bad Request", "text/html")
        assert code_of(lambda: ResourceManager([rm.address]).update_scheduler_conf(CHANGE))[1].endswith("Bad Request")


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_who_may_not_change_it(status):
    said = {"RemoteException": {"message": "Only admins can carry out this operation."}}
    with serving(answer(said, status)) as rm:
        code, message = code_of(lambda: ResourceManager([rm.address]).update_scheduler_conf(CHANGE))
        assert (code, len(rm.asked)) == ("rm-refused", 1)
        assert message.endswith("Only admins can carry out this operation.")


def hangs(rm):
    return lambda _: rm.ended.wait(20) and b""


@pytest.mark.parametrize(
    "given", [b"", b"HT", DONE[:-9], answer("", "500 Oh"), answer("", "503 Busy"), answer(b"\xff", Content_Length=99)]
)
def test_what_may_have_been_received_is_neither_repeated_nor_sent_elsewhere(given):
    with serving(given) as rm, serving(DONE) as other:
        manager = ResourceManager([rm.address, other.address])
        code, message = code_of(lambda: manager.update_scheduler_conf(CHANGE))
        assert code == "rm-unclear"
        assert message.startswith("the ResourceManager was sent a change, and whether it took it up is not known: ")
        assert (len(rm.asked), len(other.asked)) == (1, 0)


def test_no_answer_in_time_to_a_change():
    with serving(b"") as rm, serving(DONE) as other:
        rm.behave = hangs(rm)
        manager = ResourceManager([rm.address, other.address], timeout_s=0.3)
        code, message = code_of(lambda: manager.update_scheduler_conf(CHANGE))
        assert (code, len(rm.asked), len(other.asked)) == ("rm-unclear", 1, 0)
        assert message.endswith("no answer in time")


def test_a_validation_changes_nothing_and_is_repeated():
    with serving(lambda _: answer("", "503 Busy") if len(rm.asked) == 1 else DONE) as rm:
        assert ResourceManager([rm.address]).validate_scheduler_conf(CHANGE) == ""
        assert len(rm.asked) == 2
        for gone in ("404 Not Found", "405 Method Not Allowed"):  # before Hadoop 3.3
            rm.behave = answer("<html>", gone, "text/html")
            assert ResourceManager([rm.address]).validate_scheduler_conf(CHANGE) == ""


def test_a_redirect_of_a_change_is_not_followed():
    with serving(DONE) as other, serving(answer("", "302 Found", Location="http://127.0.0.1:1/")) as rm:
        manager = ResourceManager([rm.address, other.address])
        assert code_of(lambda: manager.update_scheduler_conf(CHANGE))[0] == "rm-answer"
        assert not other.asked


def test_the_configuration_that_is_kept_and_one_in_a_file():
    with serving(answer({"property": [{"name": "a", "value": " "}, {"name": "b", "value": "1"}]})) as rm:
        manager = ResourceManager([rm.address])
        assert manager.scheduler_conf() == {"a": " ", "b": "1"}
        rm.behave = answer({"property": {"name": "a", "value": "x"}})  # a single one, as older releases write it
        assert manager.scheduler_conf() == {"a": "x"}
        rm.behave = answer("This API only supports to retrieve scheduler configuration from", "400 Bad Request")
        assert manager.scheduler_conf() is None
        rm.behave = answer({"property": [{"name": "a"}]})
        assert code_of(manager.scheduler_conf)[0] == "rm-answer"


def test_access_is_asked_in_xml_and_for_any_name():
    def said(allowed, why=""):
        body = f"<rmQueueAclInfo><allowed>{allowed}</allowed><diagnostics>{why}</diagnostics></rmQueueAclInfo>"
        return answer(body, sort="application/xml;charset=utf-8")

    with serving(said("true")) as rm:
        manager = ResourceManager([rm.address])
        assert manager.may_submit("al ice", "root.a/b ü?#")
        assert rm.lines[-1].startswith("/ws/v1/cluster/queues/root.a%2Fb%20%C3%BC%3F%23/access?user=al+ice&queue-acl")
        assert "Accept: application/xml" in rm.asked[-1]
        rm.behave = said("false", "User=bob doesn't have access")
        assert manager.access("bob", "root", client.ADMINISTER).diagnostics == "User=bob doesn't have access"
        assert "queue-acl-type=ADMINISTER_QUEUE" in rm.lines[-1]
        for nonsense in (said(""), said("yes"), answer("<a/>", sort="application/xml"), answer("{}")):
            rm.behave = nonsense
            assert code_of(lambda: manager.may_submit("bob", "root"))[0] == "rm-answer"
        entity = "<!DOCTYPE a [<!ENTITY b 'true'>]><rmQueueAclInfo><allowed>&b;</allowed></rmQueueAclInfo>"
        rm.behave = answer(entity, sort="application/xml")
        assert code_of(lambda: manager.may_submit("bob", "root"))[0] == "rm-answer"
        words = "<RemoteException><message>no access to queue=root</message></RemoteException>"
        rm.behave = answer(words, "403 Forbidden", "application/xml")
        code, message = code_of(lambda: manager.may_submit("bob", "root"))
        assert (code, message.endswith("403 no access to queue=root")) == ("rm-refused", True)


def test_what_runs_and_waits_in_each_queue_and_below():
    leaf = {"queueName": "root.a.b", "numActiveApps": 2, "numPendingApps": 1}
    fair = {
        "type": "fairScheduler",
        "rootQueue": {
            "queueName": "root",
            "childQueues": {"queue": [{"queueName": "root.a", "childQueues": {"queue": [leaf]}}]},
        },
    }
    stopped = {"queueName": "b", "numActiveApplications": 1, "numPendingApplications": 0, "state": "DRAINING"}
    other = {"queueName": "c", "numActiveApplications": 0, "numPendingApplications": 4, "state": "RUNNING"}
    capacity = {"type": "capacityScheduler", "queueName": "root", "queues": {"queue": [stopped, other]}}
    with serving(answer({"scheduler": {"schedulerInfo": fair}})) as rm:
        manager = ResourceManager([rm.address])
        assert manager.queue_states() == dict.fromkeys(("root", "root.a", "root.a.b"), QueueState(2, 1, "RUNNING"))
        rm.behave = answer({"scheduler": {"schedulerInfo": capacity}})
        assert manager.queue_states() == {
            "root": QueueState(1, 4),
            "root.b": QueueState(1, 0, "DRAINING"),
            "root.c": QueueState(0, 4),
        }
