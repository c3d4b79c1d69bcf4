"""Notebooks on a real Jupyter server and a real cluster: the queue is decided before the kernel starts."""

from tests.cluster.notebook_server import children

DEV = "root.applications.dev"
COUNT = "print('rows', spark.range(10).count(), sc.getConf().get('spark.yarn.queue'), sc.applicationId)"


def test_two_users_count_in_their_queues_and_leave_nothing_behind(notebooks):
    """alice's own queue is another; her kernelspec names this one."""
    notebooks.install()
    notebooks.install("--from", "pyspark-yarn", "--name", "dev", "--queue", DEV)
    servers = alice, bob = notebooks.server("alice"), notebooks.server("bob")
    with alice.kernel("dev") as hers, bob.kernel("pyspark-yarn") as his:
        assert [(each["identity"]["user"], each["queue"]) for each in notebooks.records()] == [
            ("alice", DEV),
            ("bob", DEV),
        ]
        assert his.run("1 + 1") == "2\n"
        assert not notebooks.living()  # Spark begins with its first use
        cells = [(kernel, kernel.begin(COUNT)) for kernel in (hers, his)]
        for kernel, cell in cells:
            assert f"rows 10 {DEV} application_" in kernel.shown(cell)
        tags = {each["identity"]["user"]: f"placement:{each['id']}" for each in notebooks.records()}
        found = {(each["user"], each["queue"], each["applicationTags"]) for each in notebooks.living()}
        assert found == {(user, DEV, tag) for user, tag in tags.items()}
        assert len(notebooks.records()) == 2  # and are decided on once
    assert notebooks.nothing_lives()
    assert not [line for server in servers for line in children(server.process.pid)]


def test_a_denied_kernel_is_a_sentence_and_nothing_starts(notebooks):
    notebooks.install("--name", "denied", "--queue", "root.secret")
    bob = notebooks.server("bob")
    for answer, status in ((bob.session("denied"), 409), (bob.ask("POST", "kernels", name="denied"), 403)):
        assert answer.status_code == status
        message = " ".join(answer.json()["message"].split())
        assert message.startswith("`bob` may not use `root.secret` (--queue) by ")
        assert message.endswith(f"without a request: `{DEV}`")
        assert "Traceback" not in answer.text
    assert not notebooks.living()
    assert bob.ask("GET", "kernels").json() == []
    assert not children(bob.process.pid)
    assert {each["outcome"] for each in notebooks.records()} == {"reject"}
    assert not [*(bob.folder / "runtime").glob("kernel-*.json")]
