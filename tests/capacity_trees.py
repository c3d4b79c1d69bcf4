"""Queue trees, and properties of the capacity scheduler, as hypothesis makes them up for its tests."""

from hypothesis import strategies as st

from placement.queues.amounts import ABSOLUTE, OF_CLUSTER, OF_PARENT, Amount
from placement.queues.queue import (
    Access,
    AutoCreate,
    Hierarchy,
    LabelShare,
    Limits,
    NodeLabels,
    Preemption,
    Queue,
    Quota,
    Settings,
)

NAMES = ("a", "b", "c", "capacity", "queues", "user", "template", "state", "x-1", "é")
WORDS = ("ann", "bob", "etl", "anna@CORP", "x_dot_y")
LABELS = ("gpu", "ssd")

percents = st.sampled_from([0.0, 0.5, 10.0, 20.0, 33.333333333, 40.0, 50.0, 60.0, 100.0]) | st.integers(0, 100).map(
    float
)
weights = st.sampled_from([0.001, 0.5, 1.0, 3.0, 2.5, 10000.0, 1e9])
absolutes = st.builds(
    lambda memory, rest: Amount(ABSOLUTE, {"memory": memory, **rest}),
    st.integers(1, 64).map(lambda gib: gib * 1024),
    st.fixed_dictionaries({}, optional={"vcores": st.integers(0, 64)}),
)
shares = (
    st.builds(lambda percent: Amount(OF_PARENT, every=percent), percents)
    | absolutes
    | st.builds(lambda percent: Amount(OF_CLUSTER, every=percent), percents)
    | st.just(Amount(ABSOLUTE, {"vcores": 5}))
    | st.builds(lambda one, two: Amount(OF_PARENT, {"memory": one, "vcores": two}), percents, percents)
)
access = (
    st.just(Access(everybody=True))
    | st.builds(
        lambda users, groups: Access(users=tuple(users), groups=tuple(groups)),
        st.lists(st.sampled_from(WORDS), unique=True, max_size=2),
        st.lists(st.sampled_from([*WORDS, "domain users"]), unique=True, max_size=2),
    )
    | st.just(Access(roles=("r",)))
)
counts = st.integers(0, 5) | st.just(2**31 - 1)


def _maybe(strategy):
    return st.none() | strategy


label_shares = st.builds(LabelShare, weight=_maybe(weights), reserved=_maybe(shares), maximum=_maybe(shares))
common = {
    "max_running": _maybe(counts),
    "max_am_share": _maybe(st.sampled_from([0.0, 0.1, 0.3, 1.0, -1.0])),
    "preemption": _maybe(st.builds(Preemption, allowed=_maybe(st.booleans()))),
    "max_queued": _maybe(counts),
    "policy": _maybe(st.sampled_from(["fifo", "fair", "drf"])),
}
templates = st.builds(
    Settings, weight=_maybe(weights), reserved=_maybe(shares), maximum=_maybe(shares), submit=_maybe(access),
    max_running=_maybe(counts), max_am_share=_maybe(st.sampled_from([0.1, 1.0])),
)  # fmt: skip
settings = {
    **common,
    "maximum": _maybe(shares),
    "weight": _maybe(weights),
    "reserved": _maybe(shares),
    "submit": _maybe(access),
    "admin": _maybe(access),
    "node_labels": _maybe(
        st.builds(
            lambda default, own: NodeLabels(None, default, own),
            _maybe(st.sampled_from(LABELS)),
            st.dictionaries(st.sampled_from(LABELS), label_shares, max_size=2),
        )
    ),
    "per_user": _maybe(st.just(Quota(Limits(max_running=3)))),
    "extras": st.sampled_from([{}, {}, {"capacity": {"user-limit-factor": 2, "priority": "5"}}, {"fair": {"x": 1}}]),
}


@st.composite
def queues(draw, depth=5, plain=None):
    """One queue with its own; `plain`: how all that is in one family says its share, so that some add up."""
    name = draw(st.sampled_from(NAMES))
    fields = {key: draw(value) for key, value in settings.items()}
    if plain is not None:
        fields |= {"node_labels": None, **plain}
    below = draw(family(depth - 1)) if depth > 1 and draw(st.booleans()) else ()
    auto = draw(_maybe(st.builds(AutoCreate, max_queues=_maybe(st.integers(1, 9)), template=templates, leaf=templates)))
    return Queue(name=name, children=below, auto_create=auto if draw(st.booleans()) else None, **fields)


@st.composite
def family(draw, depth=5):
    """Queues beside each other, often with shares that the scheduler takes as they are."""
    count = draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["any", "percent", "weight", "absolute"]))
    said = [None] * count
    if kind == "percent":
        cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=count - 1, max_size=count - 1)))
        parts = [end - start for start, end in zip([0, *cuts], [*cuts, 100], strict=True)]
        said = [{"weight": None, "reserved": Amount(OF_PARENT, every=float(part))} for part in parts]
    elif kind == "weight":
        said = [{"weight": draw(weights), "reserved": None} for _ in range(count)]
    elif kind == "absolute":
        amount = Amount(ABSOLUTE, {"memory": 2 ** (10 + depth), "vcores": 2**depth})
        said = [{"weight": None, "reserved": amount, "maximum": None} for _ in range(min(count, 2))]
    found = [draw(queues(depth, plain)) for plain in said]
    return tuple({queue.name: queue for queue in found}.values())


@st.composite
def hierarchies(draw):
    """Whole trees."""
    per_user = st.builds(Quota, st.builds(Limits, max_running=_maybe(counts)), st.just({"ann": Limits(max_running=2)}))
    root = Queue(
        name="root", children=draw(family()), submit=draw(_maybe(access)), admin=draw(_maybe(access)),
        per_user=draw(_maybe(per_user)), maximum=draw(_maybe(shares)),
    )  # fmt: skip
    extras = draw(st.sampled_from([{}, {}, {"capacity": {"node-locality-delay": 40, "yarn.x.y": "z"}}]))
    defaults = Settings(**{key: draw(value) for key, value in common.items()}, extras=extras)
    return Hierarchy(root=root, defaults=defaults, roles={"r": Access(users=("ann",), groups=("bi",))})


SUFFIXES = {
    "capacity": ("50", "50.0", "0", "100", "25", "1w", "2.5w", "0w", "[memory=1024,vcores=1]", "[memory=4Gi, vcores=2]",
                 "-1", "x", " 50 ", "[memory=50%,vcores=50%]", "[vcores=1]", "1e1", "33.3", "66.7", "3 w"),
    "maximum-capacity": ("100", "-1", "60", "[memory=2048,vcores=2]", "[memory=8192]", "1w", "101", "50f"),
    "max-parallel-apps": ("5", " 5", "-1", "0", "+3", "x", "99999999999"),
    "maximum-am-resource-percent": ("0.5", ".5", "1", "2", "-1", "half", " 0.1 "),
    "ordering-policy": ("fifo", " fair ", "fifo-with-partitions", "utilization", "priority-utilization", "drf"),
    "ordering-policy.fair.enable-size-based-weight": ("true",),
    "disable_preemption": ("true", "TRUE", " false", "yes"),
    "acl_submit_applications": ("*", " ", "a,b c,d", " etl", "x *", "bob", "a, b", ""),
    "acl_administer_queue": ("ops", " "),
    "state": ("RUNNING", "running", "STOPPED"),
    "user-limit-factor": ("2",),
    "minimum-user-limit-percent": ("50",),
    "maximum-applications": ("100", "-1"),
    "accessible-node-labels": ("*", "gpu", " "),
    "default-node-label-expression": (" gpu ", ""),
    "auto-queue-creation-v2.enabled": ("true", "TRUE", "false"),
    "auto-queue-creation-v2.max-queues": ("5", "0"),
    "auto-queue-creation-v2.template.capacity": ("2w", "10"),
    "auto-queue-creation-v2.leaf-template.max-parallel-apps": ("7",),
    "auto-queue-creation-v2.leaf-template.ordering-policy": ("fair",),
}  # fmt: skip
GENERAL = {
    "maximum-am-resource-percent": ("0.5", "1.5"),
    "max-parallel-apps": ("10", "-1"),
    "user.max-parallel-apps": ("3",),
    "user.ann.max-parallel-apps": ("4",),
    "user.a.b.max-parallel-apps": ("4",),
    "legacy-queue-mode.enabled": ("true", "false"),
    "resource-calculator": ("org.apache.hadoop.yarn.util.resource.DominantResourceCalculator",),
    "root.*.auto-queue-creation-v2.template.capacity": ("3w",),
    "maximum-applications": ("100",),
    "root.nosuch.capacity": ("5",),
}


@st.composite
def properties(draw):
    """Properties by full name: a small tree with anything said of it, and sometimes shares that add up."""
    found = {}
    for name in draw(st.lists(st.sampled_from(sorted(GENERAL)), max_size=3, unique=True)):
        found[f"yarn.scheduler.capacity.{name}"] = draw(st.sampled_from(GENERAL[name]))
    rest = [("root", 3)]
    while rest:
        path, depth = rest.pop()
        prefix = f"yarn.scheduler.capacity.{path}"
        for suffix in draw(st.lists(st.sampled_from(sorted(SUFFIXES)), max_size=3, unique=True)):
            if suffix != "capacity":
                found[f"{prefix}.{suffix}"] = draw(st.sampled_from(SUFFIXES[suffix]))
        count = draw(st.integers(1, 3)) if path == "root" else draw(st.integers(0, 2)) if depth else 0
        if not count:
            continue
        names = draw(st.permutations(NAMES))[:count]
        found[f"{prefix}.queues"] = draw(st.sampled_from([",", ", ", ",,"])).join(names)
        fitting = draw(st.sampled_from([("100", "50", "33.3333"), ("1w", "2w", "3w"), ("0", "0", "0"), None]))
        for number, name in enumerate(names):
            own = f"{prefix}.{name}.capacity"
            if fitting is None:
                text = draw(st.none() | st.sampled_from(SUFFIXES["capacity"]))
            else:
                text = fitting[number] if fitting[0].endswith("w") else fitting[count - 1]
            if text is not None:
                found[own] = text
            rest.append((f"{path}.{name}", depth - 1))
    return found
