"""A parent becomes a leaf in the fair scheduler, which it would not survive in one step."""

import pytest

from tests.cluster.administrator import Administrator
from tests.cluster.walking import Walker
from tests.cluster.yarn import Yarn

pytestmark = pytest.mark.engines  # it takes minutes

RIGHTS = "<aclSubmitApps>yarn</aclSubmitApps><aclAdministerApps>yarn</aclAdministerApps>"
RULES = '<queuePlacementPolicy><rule name="specified"/><rule name="reject"/></queuePlacementPolicy>'
DEEP, FLAT = (
    f'<allocations><queue name="root">{RIGHTS}{queues}<queue name="b"/></queue>{RULES}</allocations>'
    for queues in ('<queue name="a"><queue name="x"/></queue>', '<queue name="a"/>')
)
OLD = """\
<allocations><queue name="root"><aclSubmitApps> </aclSubmitApps>
<queue name="a"><queue name="x"/><queue name="y"/></queue><queue name="b"/><queue name="c"/><queue name="e"/>
</queue></allocations>
"""


def test_all_queues_below_a_queue_go_with_others(fair_yarn, tmp_path):
    fair_yarn.scheduler_file.write_text(OLD)
    fair_yarn.restart_resource_manager()
    administrator = Administrator(fair_yarn, tmp_path)
    administrator.imports()
    (administrator.policy / "queues.yaml").write_text("queues:\n- {name: a, max-am-share: 0.3}\n- {name: d}\n")
    (administrator.policy / "map.txt").write_text("* root.d\n")
    done = administrator.run("apply", "--yes")
    assert done.returncode == 0, done.stderr
    root = fair_yarn.get("scheduler")["scheduler"]["schedulerInfo"]["rootQueue"]
    assert {queue["queueName"]: queue["type"] for queue in root["childQueues"]["queue"]} == {
        "root.a": "fairSchedulerLeafQueueInfo",
        "root.d": "fairSchedulerLeafQueueInfo",
    }
    assert administrator.run("plan").returncode == 0


@pytest.fixture
def walker(_holder, tmp_path):
    _holder.stop()
    with Yarn("fair", DEEP) as yarn, Walker(yarn, tmp_path, FLAT) as found:
        yield found


def test_whoever_is_killed_between_the_two_steps_goes_on_or_back(walker):
    told = {"rollback": walker.told()}
    done = walker.does("apply", "--yes")
    assert done.status == 0, done.err
    told["apply"] = walker.told()
    steps = [
        number
        for number, line in enumerate(done.journal, 1)
        if line.startswith("os.rename") and "-scheduler.xml" in line
    ]
    assert len(steps) == 2
    assert walker.does("rollback", "--yes").status == 0
    assert walker.told() == told["rollback"]
    for way in ("rollback", "apply"):
        assert walker.does("apply", "--yes", number=steps[1]).status < 0
        assert walker.told() not in told.values()
        found = walker.does("plan")
        assert "apply-interrupted" in found.err
        assert "neither what was in force" in found.err
        done = walker.does(way, "--yes")
        assert done.status == 0, done.err
        assert walker.told() == told[way]
        assert walker.does("plan").status == (0 if way == "apply" else 2)
