"""The terms of a cluster, as the policy says them."""

import pytest

from placement.policy_files import PolicyFiles
from placement.yarn.policy_terms import policy_terms
from placement.yarn.terms import AM_SHARE

QUEUES = """\
defaults: {max-am-share: 0.25}
queues:
  - {name: a, max-am-share: 0.75}
  - {name: b}
"""


@pytest.mark.parametrize(("queues", "expected"), [(QUEUES, ({"root.a": 0.75}, 0.25)), (None, ({}, AM_SHARE))])
def test_shares_of_application_masters(tmp_path, queues, expected):
    (tmp_path / "map.txt").write_text("* root.a\n")
    if queues is not None:
        (tmp_path / "queues.yaml").write_text(queues)
    found = policy_terms(PolicyFiles(str(tmp_path)), {"HADOOP_CONF_DIR": str(tmp_path)})
    assert (dict(found.am_shares), found.am_share) == expected
