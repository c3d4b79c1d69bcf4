import pytest

from placement.queues import amounts
from placement.queues.amounts import ABSOLUTE, OF_CLUSTER, OF_PARENT, Amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("60%", (OF_PARENT, 60)),
        ("60.5 %", (OF_PARENT, 60.5)),
        ("60% of cluster", (OF_CLUSTER, 60)),
        ("0%", (OF_PARENT, 0)),
        ("100%", (OF_PARENT, 100)),
    ],
)
def test_a_percentage_is_of_the_parent_unless_it_says_of_the_cluster(written, amount):
    assert amounts.percent(written) == amount
    assert amounts.share(written) == Amount(amount[0], every=amount[1])


@pytest.mark.parametrize(
    "written", ["60", 60, 0.6, "60 percent", "-1%", "100.1%", "1000%", "60% of root", "", None, True]
)
def test_what_is_no_share(written):
    with pytest.raises(ValueError, match="%"):
        amounts.share(written)


@pytest.mark.parametrize(
    ("written", "mib"), [("200g", 204800), ("512m", 512), ("1.5GiB", 1536), ("1024k", 1), ("0m", 0), ("1t", 2**20)]
)
def test_memory_is_whole_mib(written, mib):
    assert amounts.memory(written) == (ABSOLUTE, mib)


@pytest.mark.parametrize("written", [7, "7", "1k", "0.5m", "-1g", "1z", "99999999p", None, True, "nan g", "1e3m"])
def test_what_is_no_memory(written):
    with pytest.raises(ValueError, match="whole MiB"):
        amounts.memory(written)


@pytest.mark.parametrize("written", [-1, 1.5, "7", True, None, 2**31])
def test_what_is_no_number_of_vcores(written):
    with pytest.raises(ValueError, match="whole number"):
        amounts.vcores(written)


def test_absolute_and_percent_are_not_mixed():
    parts = {"memory": amounts.memory("1g"), "vcores": amounts.vcores("50%")}
    with pytest.raises(ValueError, match="all of it absolute"):
        amounts.together(parts)
    with pytest.raises(ValueError, match="all of it absolute"):
        amounts.together({"memory": amounts.memory("1%"), "vcores": amounts.vcores("50% of cluster")})
    with pytest.raises(ValueError, match="at least one"):
        amounts.together({})


@pytest.mark.parametrize(
    ("name", "meant"), [("vcore", "vcores"), ("memory-mb", "memory"), ("Memory", "memory"), ("gpu", "yarn.io/gpu")]
)
def test_a_resource_that_goes_by_another_name_is_corrected(name, meant):
    with pytest.raises(ValueError, match=f"`{meant}` instead of `{name}`"):
        amounts.together({name: (ABSOLUTE, 1)})


@pytest.mark.parametrize("name", ["", "a b", "a/", "/a", "a,b", "-a", "a=b"])
def test_names_that_yarn_takes_for_no_resource(name):
    with pytest.raises(ValueError, match="names of resources"):
        amounts.together({name: (ABSOLUTE, 1)})


def test_what_is_not_said_of_a_resource():
    assert Amount(ABSOLUTE, {"memory": 5}).of("vcores") is None
    assert Amount(OF_PARENT, every=5).of("vcores") == 5
