"""Queue trees that the fair scheduler has words for, and allocation files with all their oddities, for hypothesis."""

from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from placement.queues.amounts import ABSOLUTE, OF_CLUSTER, Amount
from placement.queues.queue import Access, AutoCreate, Hierarchy, Limits, Preemption, Queue, Quota, Settings
from placement.schedulers.fair import texts, words

NAMES = st.from_regex(r"[a-z][a-z0-9_ü&<\\-]{0,4}", fullmatch=True).filter(lambda name: name != "root")
GROUPS = st.from_regex(r"[a-z]( [a-z])?", fullmatch=True)
COUNTS = st.none() | st.integers(0, 2**31 - 1)
PERCENT = st.integers(0, 10000).map(lambda hundredths: hundredths / 100)
RESOURCES = st.sampled_from(["memory", "vcores"])
ABSOLUTES = st.builds(  # so many vcores are no limit
    lambda values: Amount(ABSOLUTE, values), st.dictionaries(RESOURCES, st.integers(0, 2**31 - 2), min_size=1)
)
MAXIMA = (
    ABSOLUTES
    | st.builds(lambda values: Amount(OF_CLUSTER, values), st.dictionaries(RESOURCES, PERCENT, min_size=1))
    | st.builds(lambda every: Amount(OF_CLUSTER, every=every), PERCENT)
)
ACCESS = st.just(Access(everybody=True)) | st.builds(
    lambda users, groups: Access(False, tuple(users), tuple(groups)) if users or groups else None,
    st.lists(NAMES, max_size=2, unique=True),
    st.lists(GROUPS, max_size=2, unique=True),
)
SHARES = st.none() | st.floats(0, 1)
EXTRAS = st.dictionaries(
    st.sampled_from(["maxContainerAllocation", "mine"]), st.just("memory-mb=10"), max_size=2
) | st.just({"mine": '<mine a="1"><b>x y</b><b/></mine>', "aclListReservations": " etl"})


def said(value):
    """None in the place of what says nothing."""
    return None if value in (Preemption(), Quota()) else value


def preemption(allowed):
    return st.builds(Preemption, allowed, COUNTS, COUNTS, SHARES).map(said)


@st.composite
def queues(draw, depth, name, usual):
    """A queue with up to `depth` levels below it; `usual`: the policy of those that say nothing."""
    children = draw(st.lists(queues(depth - 1, NAMES, usual), max_size=3)) if depth else []
    children = tuple({child.name: child for child in children}.values())
    extras = draw(EXTRAS)
    queue = Queue(
        name=draw(name),
        weight=draw(st.none() | st.floats(1e-6, 1e9)),
        reserved=draw(st.none() | ABSOLUTES),
        maximum=draw(st.none() | MAXIMA),
        max_running=draw(COUNTS),
        preemption=draw(preemption(st.none() | st.booleans())),
        submit=draw(st.none() | ACCESS),
        admin=draw(st.none() | ACCESS),
        extras={"fair": extras} if extras else {},
        children=children,
    )
    if draw(st.booleans()):
        limit = draw(MAXIMA) if children else draw(st.none() | MAXIMA)
        return replace(queue, auto_create=AutoCreate(template=Settings(maximum=limit)))
    if children or depth == 5:
        return replace(queue, policy=draw(st.sampled_from([None, usual])))
    policies = [None, "fair", "fifo", usual]
    return replace(queue, policy=draw(st.sampled_from(policies)), max_am_share=draw(SHARES | st.just(-1.0)))


@st.composite
def trees(draw):
    usual = draw(st.sampled_from(["fair", "drf"]))
    defaults = Settings(
        maximum=draw(st.none() | MAXIMA),
        policy=usual if usual == "drf" else draw(st.sampled_from([None, "fair"])),
        max_running=draw(COUNTS),
        max_am_share=draw(SHARES),
        preemption=draw(preemption(st.none())),
        extras=draw(st.sampled_from([{}, {"fair": {"reservation-agent": "a.B"}}])),
    )
    exceptions = draw(st.dictionaries(GROUPS, st.builds(Limits, st.integers(0, 9)), max_size=2))
    quota = said(Quota(Limits(draw(COUNTS)), exceptions))
    return Hierarchy(replace(draw(queues(5, st.just("root"), usual)), per_user=quota), defaults)


AMOUNT_TEXTS = st.sampled_from(
    [
        "1024 mb, 2 vcores",
        "2 vcores,1024mb",
        "1024MB 2 VCores",
        "1.5 mb, 2.9 vcores",
        "50%",
        " 50.5 % ",
        "memory-mb=5",
        "50% memory, 20% cpu",
        "20% cpu,50% memory",
        "vcores=3,",
        "memory-mb=5%, vcores=100%",
        "150%",
        "vcores = +7",
        "1024",
        "",
        " ",
        "-5 mb, 2 vcores",
        "1024 mb",
        "memory-mb=5, vcores=3%",
        "memory=5",
        "vcores=-1",
        "vcores=1=",
        "%",
        "50% memory",
        "50% memory, 20% vcores",
        "5 mb, 2 vcores, 3 x",
        "1 mb, 99999999999 vcores",
        "memory-mb=1g",
        "=",
        "memory-mb=9223372036854775807",
        "memory-mb=9223372036854775808",
        "mb 5, vcores 2",
        "5 mbx, 2 vcoresy",
        "-0%",
        "vcores=1, vcores=2",
        ",vcores=1",
        ".5%",
        "1e2%",
        "5 mb;2 vcores",
        "٣%",
        "vcores==1",
        ",",
        "5 mb\n2 vcores",
    ]
)
WHOLE_TEXTS = st.sampled_from(
    ["0", "7", "+7", "-1", " 7 ", "007", "2147483647", "2147483648", "7.0", "", "x", "7 s", "1_0", "٣", "9" * 30]
)
NUMBER_TEXTS = st.sampled_from(
    [
        "1",
        "0",
        "-1",
        "-1.00001",
        "0.5",
        ".5",
        "5.",
        "1e-3",
        "1f",
        "1.5D",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x1p-1",
        "2.50",
        "1e300",
        "1e400",
        "x",
        "",
        "1_0",
        "inf",
        "nan",
        "1 2",
        "+0.25",
        "1ff",
        "-0.0",
        "1,5",
        ".",
        "1e",
    ]
)
POLICY_CLASS = "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.policies.FairSharePolicy"
POLICY_TEXTS = st.sampled_from(["Fair", "fair", "fairer", "", POLICY_CLASS])
FLAG_TEXTS = st.sampled_from(["true", "TRUE", "false", "yes", " true", ""])
ACCESS_TEXTS = st.sampled_from(
    [
        " ",
        "*",
        " *",
        "* x",
        "a *",
        "a,*",
        "ann,bob etl",
        " etl, domain users ",
        "\n  ann",
        "ann\tbob c",
        "",
        ",, ,,",
        "ann etl fin",
        "<a",
        "a,a b,b",
        "*\n",
        "  etl",
        "a&b",
    ]
)
QUEUE_PROPERTIES = {
    **dict.fromkeys(["minResources", "maxResources", "maxChildResources", "maxContainerAllocation"], AMOUNT_TEXTS),
    **dict.fromkeys(["maxRunningApps", "minSharePreemptionTimeout", "fairSharePreemptionTimeout"], WHOLE_TEXTS),
    **dict.fromkeys(["weight", "maxAMShare", "fairSharePreemptionThreshold"], NUMBER_TEXTS),
    **dict.fromkeys(["schedulingPolicy", "schedulingMode"], POLICY_TEXTS),
    **dict.fromkeys(["aclSubmitApps", "aclAdministerApps", "aclListReservations"], ACCESS_TEXTS),
    **dict.fromkeys(["allowPreemptionFrom"], FLAG_TEXTS),
    **dict.fromkeys(["reservation", "unknown", "user"], st.sampled_from(["", "x", " y "])),
}
GENERAL_PROPERTIES = {
    "queueMaxResourcesDefault": AMOUNT_TEXTS,
    **dict.fromkeys(["queueMaxAppsDefault", "userMaxAppsDefault"], WHOLE_TEXTS),
    **dict.fromkeys(["defaultMinSharePreemptionTimeout", "defaultFairSharePreemptionTimeout"], WHOLE_TEXTS),
    "fairSharePreemptionTimeout": WHOLE_TEXTS,
    **dict.fromkeys(["queueMaxAMShareDefault", "defaultFairSharePreemptionThreshold"], NUMBER_TEXTS),
    "defaultQueueSchedulingPolicy": POLICY_TEXTS | st.sampled_from(["FIFO", "drf"]),
    "defaultQueueSchedulingMode": POLICY_TEXTS,
    **dict.fromkeys(["reservation-agent", "unknown", "minResources"], st.sampled_from(["", "x", " y "])),
}
TAILS = st.sampled_from(["", "", "", "<!-- c -->", "<?pi x?>"])


@st.composite
def properties(draw, known, most, good):
    """`good`: only what the scheduler takes, as far as we know."""
    found = []
    queue = "root.a" if known is QUEUE_PROPERTIES else None
    for name in draw(st.lists(st.sampled_from([*known]), max_size=most)):
        text = draw(known[name])
        kind = words.kind_of(queue, words.current(queue, name))
        if good and kind and (not text or texts.fault(kind, text if kind == words.ACCESS else text.strip())):
            continue
        found.append(f"<{name}>{draw(TAILS)}{escape(text)}{draw(TAILS)}</{name}>" if text else f"<{name}/>")
    return found


RULE_NAMES = st.sampled_from(
    [
        "user",
        "primaryGroup",
        "secondaryGroupExistingQueue",
        "specified",
        "nestedUserQueue",
        "default",
        "reject",
        "",
        "x",
    ]
)


@st.composite
def rules(draw, depth=1):
    create = draw(st.sampled_from(["", ' create="false"', ' create="true"', ' create="FALSE"', ' create="x"']))
    within = "".join(draw(st.lists(rules(depth - 1), max_size=2))) if depth else ""
    return f'<rule name="{draw(RULE_NAMES)}"{create}>{within}</rule>'


POLICIES = st.lists(rules(), max_size=3).map(
    lambda found: f"<queuePlacementPolicy>{''.join(found)}</queuePlacementPolicy>"
)
GOOD_NAMES = st.sampled_from(["a", "a", "b", "c", " e ", "ü"])
ODD_NAMES = st.sampled_from(["a", "a", "b", "c", "d", " e ", "root", "", " ", "a.b", "f g"])


@st.composite
def queue_elements(draw, depth, names, good):
    tag = draw(st.sampled_from(["queue", "queue", "pool"]))
    kind = draw(st.sampled_from(["", "", ' type="parent"', ' type="leaf"']))
    within = draw(properties(QUEUE_PROPERTIES, 3, good))
    if depth:
        within += draw(st.lists(queue_elements(depth - 1, names, good), max_size=2))
    name = quoteattr(draw(names))
    return f"<{tag} name={name}{kind}>\n{''.join(draw(st.permutations(within)))}</{tag}>"


@st.composite
def files(draw, good=None):
    """Files that the scheduler may or may not take; three in four of them it mostly will. `good`: mostly all."""
    good = draw(st.sampled_from([True, True, True, False])) if good is None else good
    names = GOOD_NAMES if good else ODD_NAMES
    within = draw(properties(GENERAL_PROPERTIES, 3, good))
    for limit in draw(st.lists(st.just("5") if good else WHOLE_TEXTS, max_size=1)):
        within.append(f'<user name="x y"><maxRunningApps>{limit}</maxRunningApps><other/></user>')
    within += draw(st.lists(POLICIES, max_size=0 if good else 1))
    within += draw(st.lists(queue_elements(2, names, good), max_size=2))
    return f"<allocations>{''.join(draw(st.permutations(within)))}</allocations>".encode()
