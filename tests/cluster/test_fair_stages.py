"""A parent becomes a leaf in the fair scheduler, which it would not survive in one step."""

import pytest

from tests.cluster.administrator import Administrator

pytestmark = pytest.mark.engines  # it takes minutes

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
