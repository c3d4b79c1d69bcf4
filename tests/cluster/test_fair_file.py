"""The allocation file against Hadoop's own loader: what it takes, and what it makes of what we write."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from placement.errors import PlacementError
from placement.queues.amounts import ABSOLUTE
from placement.schedulers.fair.file import read, write
from placement.schedulers.fair.importing import hierarchy
from placement.schedulers.fair.rendering import render
from tests.cluster.fair_oracle import FairOracle, FairRefusesError
from tests.conftest import EXPECTED
from tests.unit.schedulers.fair_files import files, trees
from tests.unit.test_queues_file import hierarchies

QUICK = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# A queue that stands there twice, a parent in one place, with what only leaves may have in the other: Hadoop does not
# see that, and no single element could say it.
STRICTER = {"only-of-leaves"}


@pytest.fixture(scope="module")
def oracle():
    with FairOracle() as oracle:
        yield oracle


def comparable(loaded):
    """What Hadoop loaded, without what only says how it was written."""
    acls = loaded.pop("queueAcls")
    nobody = {"everybody": False, "users": [], "groups": []}
    acls = {(path, right): acl for path, said in acls.items() for right, acl in said.items()}
    for right in ("SUBMIT_APP", "ADMINISTER_QUEUE"):
        acls.setdefault(("root", right), {"everybody": True, "users": [], "groups": []})
    kinds = loaded.pop("configuredQueues")
    parents = {*kinds["PARENT"], "root"}
    shown = {
        name: {path: rounded(value) for path, value in said.items()} if isinstance(said, dict) else rounded(said)
        for name, said in loaded.items()
    }
    return shown | {
        "acls": {key: rounded(acl) for key, acl in acls.items() if acl != nobody},
        "parents": parents,
        "leaves": {*kinds["LEAF"]} - parents,
    }


def rounded(value):
    """Java's 32 bits, sets in order, and absent amounts."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(each, str) for each in value) else [rounded(each) for each in value]
    return pytest.approx(value, rel=1e-5, nan_ok=True) if isinstance(value, float) else value


def of_memory_and_vcores(value):
    """Without the percent of other resources: an old form leaves none of them, of which the import tells.

    Vcores that are not named are -1, the last bits of the largest long, and no more of them can be had than of 0.
    """
    if isinstance(value, dict):
        return {name: each[:2] if name == "percent" else of_memory_and_vcores(each) for name, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, int) for each in value):
        return [max(each, 0) for each in value]
    return value


def accepted(content):
    """The configuration, or the codes of what is refused."""
    try:
        return read(content, "f")[0]
    except PlacementError as error:
        return {problem.code for problem in error.problems}


@settings(QUICK, max_examples=200)
@given(content=files())
def test_hadoop_takes_exactly_what_is_read_and_what_is_written_again_means_the_same(oracle, content):
    configuration = accepted(content)
    try:
        loaded, refused = oracle.load(content), None
    except FairRefusesError as error:
        loaded, refused = None, error
    if configuration == STRICTER and not refused:
        return
    assert (refused is not None) == isinstance(configuration, set), (configuration, refused)
    if refused:
        return
    assert comparable(oracle.load(write(configuration))) == comparable(loaded)


@settings(QUICK, max_examples=80)
@given(content=files(good=True))
def test_what_is_imported_and_rendered_means_the_same_to_hadoop(oracle, content):
    try:
        tree = hierarchy(read(content, "f")[0])[0]
    except PlacementError:
        return
    configuration, lacking = render(tree)
    if lacking:
        return
    before, after = (of_memory_and_vcores(comparable(oracle.load(each))) for each in (content, write(configuration)))
    for name in ("queueMaxAMShares", "queueMaxAMShareDefault"):  # nearly -1 is -1
        before.pop(name), after.pop(name)
    for loaded in (before, after):  # without one it is 1
        loaded["queueWeights"] = {path: weight for path, weight in loaded["queueWeights"].items() if weight != 1}
    assert after == before


@settings(QUICK, max_examples=30)
@given(tree=trees())
def test_hadoop_has_of_a_rendered_tree_what_it_says(oracle, tree):
    configuration, _ = render(tree)
    loaded = oracle.load(write(configuration))
    for path, queue in tree.queues():
        assert loaded["queueWeights"].get(path) == (queue.weight and pytest.approx(queue.weight, rel=1e-6))
        assert loaded["queueMaxApps"].get(path) == queue.max_running
        assert loaded["schedulingPolicies"].get(path, "").lower() == (queue.policy or "")
        assert (path in loaded["nonPreemptableQueues"]) == bool(queue.preemption and queue.preemption.allowed is False)
        for right, access in (("SUBMIT_APP", queue.submit), ("ADMINISTER_QUEUE", queue.admin)):
            found = loaded["queueAcls"][path][right]
            assert found["everybody"] == bool(access and access.everybody)
            assert sorted(found["users"]) == sorted(access.users if access else ())
            assert sorted(found["groups"]) == sorted(access.groups if access else ())
        assert amount(loaded["minQueueResources"].get(path)) == said(queue.reserved, [0, 0])
        assert amount(loaded["maxQueueResources"].get(path)) == said(queue.maximum, [2**63 - 1, 2**31 - 1])
    users = tree.root.per_user.exceptions if tree.root.per_user else {}
    assert loaded["userMaxApps"] == {name: limits.max_running for name, limits in users.items()}


def amount(found):
    return [part * 100 for part in found["percent"][:2]] if isinstance(found, dict) else found


def said(amount, missing):
    """Memory and vcores of an amount; of those that it does not name, what is `missing`, or all of the cluster."""
    if amount is None:
        return None
    if amount.basis != ABSOLUTE:
        missing = [100, 100]
    of_both = [amount.of(name) for name in ("memory", "vcores")]
    return pytest.approx([usual if own is None else own for own, usual in zip(of_both, missing, strict=True)])


@settings(QUICK, max_examples=15)
@given(tree=hierarchies())
def test_hadoop_takes_whatever_tree_is_rendered(oracle, tree):
    oracle.load(write(render(tree)[0]))


@pytest.mark.parametrize("case", sorted(file.stem for file in (EXPECTED / "fair_file").glob("*.xml")))
def test_hadoop_takes_the_files_of_the_collection_that_are_read(oracle, case):
    content = (EXPECTED / "fair_file" / f"{case}.xml").read_bytes()
    try:
        read(content, case)
    except PlacementError:
        if case != "root-otherwise":  # which Hadoop takes, and forgets the settings of
            with pytest.raises(FairRefusesError):
                oracle.load(content)
    else:
        oracle.load(content)
