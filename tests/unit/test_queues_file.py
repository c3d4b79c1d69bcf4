from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from placement import documents
from placement.errors import PlacementError
from placement.queues.amounts import ABSOLUTE, OF_CLUSTER, OF_PARENT, Amount
from placement.queues.queue import (
    POLICIES,
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
from placement.queues_file.reading import read
from placement.queues_file.shapes import QueuesFile
from placement.queues_file.writing import as_yaml

FAULTY = {
    "several": b"roles: {a: {user: [x]}}\nqueus: []\n",
    "names": b'queues:\n- {name: a.b}\n- nme: x\n- {name: ""}\n- {name: "%user"}\n- {name: 7}\n- {name: "a,b"}\n',
    "twice": b"queues:\n- name: x\n  queues: [{name: y}, {name: y}]\n- {name: y}\n- {name: x}\n",
    "root": b"queues:\n- name: root\n  queues: [{name: root}, {name: Root}]\n- name: Root\n",
    "shapes": b"roles: {a: }\nqueues: {}\ndefaults: []\n",
    "deep": b"queues: " + b"[" * 2000 + b"]" * 2000,
    "itself": b"queues: &all\n- name: x\n  queues: *all\n",
    "unknown": b"""\
root: {name: x}
defaults: {weight: 1}
queues:
- name: a
  wieght: 3
  submit: {usrs: [x]}
  per-user: {except: {x: {max-runing: 3}}}
  auto-create: {template: {maxmum: 50%}}
  node-labels: {shares: {gpu: {reservd: 50%}}}
""",
    "numbers": b"""\
queues:
- {name: a, weight: 0, max-running: -1, max-queued: 1.5, max-am-share: 1.5}
- {name: b, weight: .inf, max-running: yes, max-queued: 99999999999, max-am-share: -2}
- {name: c, weight: "3", max-running: "3", max-am-share: .nan}
- {name: d, weight: , policy: drf-ish, preemption: {threshold: 2, fair-share-timeout: 30, min-share-timeout: 1.5s}}
- {name: e, preemption: {allowed: 0}, auto-create: {max-queues: 0, max-depth: x}}
""",
    "amounts": b"""\
queues:
- {name: a, reserved: 60, maximum: 101%}
- {name: b, reserved: {memory: 200, vcores: 1.5, yarn.io/gpu: -1}}
- {name: c, reserved: {memory: 50%, vcores: 5}, maximum: {}}
- {name: d, reserved: {vcore: 5}, maximum: 60% of root}
- {name: e, maximum: [1], reserved: }
""",
    "access": b"""\
roles: {r: {users: ["*"], roles: [x]}}
queues:
- {name: a, submit: ann, admin: [ann]}
- {name: b, submit: {users: ["*"]}, admin: {groups: ["", 7]}}
- {name: c, per-user: {except: {}}, per-connection: {except: {"": 3, hue: {}}}}
- {name: d, capacity: {since: 2024-01-01}, fair: 7, node-labels: {access: gpu, default: "a b"}}
""",
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_file_names_every_spot_and_what_to_do(case, expect):
    with pytest.raises(PlacementError) as caught:
        read(FAULTY[case], "queues.yaml")
    assert all(problem.remedy and problem.place for problem in caught.value.problems)
    expect(f"queues_file/{case}.txt", f"{caught.value}\n")


WHOLE = b"""
roles:
  analysts: {groups: [bi], users: [ann]}
  nobody: {}
defaults:
  per-user: {max-running: 20}
  fair: {userMaxAppsDefault: 5}
root:
  admin: {users: [yarn]}
  policy: drf
queues:
  - name: batch
    weight: 3
    reserved: {memory: 200g, vcores: 50, yarn.io/gpu: 2}
    maximum: 60%
    submit: {groups: [etl, etl]}
    admin: {users: [ops]}
    preemption: {allowed: false, fair-share-timeout: 1m, threshold: 0.5}
    node-labels: {access: [gpu], default: gpu, shares: {gpu: {reserved: 50%}}}
    queues:
      - name: large
        maximum: {memory: 50% of cluster}
        max-running: 5
        max-am-share: -1
        per-user: {max-running: 1, except: {nightly: 3, ann: {max-queued: 2}}}
  - {name: adhoc, submit: "*", fair: {allowPreemptionFrom: false}}
  - {name: users, access: {roles: [analysts]}, submit: {users: [x]}, auto-create: {max-queues: 9, leaf: {weight: 2}}}
"""


def test_every_setting_becomes_a_plain_value():
    hierarchy = read(WHOLE, "queues.yaml").hierarchy
    assert hierarchy == Hierarchy(
        root=Queue(
            name="root",
            admin=Access(users=("yarn",)),
            policy="drf",
            children=(
                Queue(
                    name="batch",
                    weight=3.0,
                    reserved=Amount(ABSOLUTE, {"memory": 204800, "vcores": 50, "yarn.io/gpu": 2}),
                    maximum=Amount(OF_PARENT, every=60.0),
                    submit=Access(groups=("etl",)),
                    admin=Access(users=("ops",)),
                    preemption=Preemption(allowed=False, fair_share_timeout_s=60, threshold=0.5),
                    node_labels=NodeLabels(
                        ("gpu",), "gpu", {"gpu": LabelShare(reserved=Amount(OF_PARENT, every=50.0))}
                    ),
                    children=(
                        Queue(
                            name="large",
                            maximum=Amount(OF_CLUSTER, {"memory": 50.0}),
                            max_running=5,
                            max_am_share=-1.0,
                            per_user=Quota(
                                Limits(max_running=1), {"nightly": Limits(max_running=3), "ann": Limits(max_queued=2)}
                            ),
                        ),
                    ),
                ),
                Queue(name="adhoc", submit=Access(everybody=True), extras={"fair": {"allowPreemptionFrom": False}}),
                Queue(
                    name="users",
                    submit=Access(users=("x",), roles=("analysts",)),  # `access` says both
                    admin=Access(roles=("analysts",)),
                    auto_create=AutoCreate(max_queues=9, leaf=Settings(weight=2.0)),
                ),
            ),
        ),
        defaults=Settings(per_user=Quota(Limits(max_running=20)), extras={"fair": {"userMaxAppsDefault": 5}}),
        roles={"analysts": Access(users=("ann",), groups=("bi",)), "nobody": Access()},
    )


def test_queues_and_roles():
    document = read(WHOLE, "queues.yaml")
    assert document.tree.paths == ("root", "root.batch", "root.batch.large", "root.adhoc", "root.users")
    assert {name: (role.users, role.groups) for name, role in document.roles.items()} == {
        "analysts": ({"ann"}, {"bi"}),
        "nobody": (set(), set()),
    }


@pytest.mark.parametrize("text", [b"", b"queues: []\n", b"roles: {a: {users: [x]}}\n", b"root: {submit: '*'}\n"])
def test_a_file_without_queues_has_no_tree(text):
    assert read(text, "queues.yaml").tree is None


def test_branches_that_share_an_anchor():
    text = b"queues:\n- {name: a, queues: &both [{name: x}, {name: y}]}\n- {name: b, queues: *both}\n"
    document = read(text, "q")
    assert document.tree.paths == ("root", "root.a", "root.a.x", "root.a.y", "root.b", "root.b.x", "root.b.y")
    assert str(document.places.of("root.b.y", "weight")) == "q:2:21"  # what the alias stands for


def test_settings_may_be_merged():
    roles = read(b"roles:\n  a: &both {users: [x]}\n  b: {<<: *both, groups: [g]}\n", "q").roles
    assert (roles["b"].users, roles["b"].groups) == ({"x"}, {"g"})


def test_exceptions_replace_the_default_limit_by_limit():
    quota = read(WHOLE, "q").hierarchy.find("root.batch.large").per_user
    assert quota.of("ann") == Limits(max_running=1, max_queued=2)
    assert quota.of("nightly") == Limits(max_running=3)
    assert quota.of("eve") == Limits(max_running=1)


def spot(place):
    return place.line, place.text[place.column - 1 : place.column - 1 + place.width]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("root.batch", "weight"), (13, "3")),
        (("root.batch", "reserved", "memory"), (14, "200g")),
        (("root.batch", "maximum", "memory"), (15, "60%")),  # one for all
        (("root.batch", "max-running"), (12, "batch")),  # not said: the queue's name
        (("root.batch.large", "per-user", "except", "ann", "max-queued"), (25, "2")),
        (("root.users", "admin"), (27, "{roles: [analysts]}")),  # said by `access`
        (("root.users", "auto-create", "leaf", "weight"), (27, "2")),
        (("root.users.ann", "auto-create", "leaf", "weight"), (27, "2")),  # created on demand
        (("root", "policy"), (10, "drf")),
        ((None, "defaults", "per-user", "max-running"), (6, "20")),
        ((None, "roles", "nobody"), (4, "{}")),
    ],
)
def test_everything_that_is_said_has_its_place(asked, found):
    assert spot(read(WHOLE, "q").places.of(*asked)) == found


def test_the_key_of_a_setting_has_its_place_too():
    places = read(WHOLE, "q").places
    assert spot(places.of_key("root.batch", "weight")) == (13, "weight")
    assert spot(places.of_key("root.batch", "max-running")) == (12, "batch")


# --- what is written and read again is the same

WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_@\\ -]{0,5}[a-z]", fullmatch=True) | st.sampled_from(
    ["yes", "7", "0x1f", "null", "~", "1:30", "2024-01-01", "ein Mädchen", "- a", "a: b", "#x", "'", "=", "<<"]
)
QUEUE_NAMES = st.from_regex(r"[A-Za-z0-9_ü-][A-Za-z0-9_-]{0,6}", fullmatch=True).filter(lambda name: name != "root")
PERCENT = st.integers(0, 10000).map(lambda hundredths: hundredths / 100)
RESOURCES = st.sampled_from(["memory", "vcores", "yarn.io/gpu", "disk"])
AMOUNTS = (
    st.builds(lambda values: Amount(ABSOLUTE, values), st.dictionaries(RESOURCES, st.integers(0, 2**30), min_size=1))
    | st.builds(
        Amount, st.sampled_from([OF_PARENT, OF_CLUSTER]), st.dictionaries(RESOURCES, PERCENT, min_size=1), st.none()
    )
    | st.builds(lambda basis, every: Amount(basis, every=every), st.sampled_from([OF_PARENT, OF_CLUSTER]), PERCENT)
)
NAMES = st.lists(WORDS, max_size=3, unique=True).map(tuple)
ACCESS = st.just(Access(everybody=True)) | st.builds(Access, st.just(False), NAMES, NAMES, NAMES)
COUNTS = st.none() | st.integers(0, 2**31 - 1)
WEIGHTS = st.none() | st.floats(1e-6, 1e9)
AM_SHARES = st.none() | st.just(-1.0) | st.floats(0, 1)
PREEMPTION = st.builds(Preemption, st.none() | st.booleans(), COUNTS, COUNTS, st.none() | st.floats(0, 1))
LIMITS = st.builds(Limits, COUNTS, COUNTS, st.none() | AMOUNTS)
QUOTAS = st.builds(Quota, LIMITS, st.dictionaries(WORDS, LIMITS.filter(lambda limits: limits != Limits()), max_size=2))
LABELS = st.sampled_from(["gpu", "ssd", "x-1"])
NODE_LABELS = st.builds(
    NodeLabels,
    st.none() | st.just(("*",)) | st.lists(LABELS, unique=True).map(tuple),
    st.none() | LABELS,
    st.dictionaries(
        LABELS, st.builds(LabelShare, WEIGHTS, st.none() | AMOUNTS, st.none() | AMOUNTS, AM_SHARES), max_size=2
    ),
)
PLAIN = st.recursive(
    WORDS | st.integers() | st.booleans() | st.floats(allow_nan=False),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(WORDS, below, max_size=2),
    max_leaves=4,
)
EXTRAS = st.dictionaries(
    st.sampled_from(["fair", "capacity", "spark", "impala"]), st.dictionaries(WORDS, PLAIN, max_size=3), max_size=2
)


EVERYWHERE = {
    "maximum": st.none() | AMOUNTS,
    "policy": st.none() | st.sampled_from(POLICIES),
    "max_running": COUNTS,
    "max_queued": COUNTS,
    "max_am_share": AM_SHARES,
    "preemption": st.none() | PREEMPTION,
    "per_user": st.none() | QUOTAS,
    "per_connection": st.none() | QUOTAS,
    "extras": EXTRAS,
}


@st.composite
def settings_of(draw, kind, **more):
    return kind(**{name: draw(values) for name, values in (EVERYWHERE | more).items()})


OWN = {
    "weight": WEIGHTS,
    "reserved": st.none() | AMOUNTS,
    "submit": st.none() | ACCESS,
    "admin": st.none() | ACCESS,
    "node_labels": st.none() | NODE_LABELS,
}
TEMPLATES = st.just(Settings()) | settings_of(Settings, **OWN)
COUNTS_FROM_1 = st.none() | st.integers(1, 2**31 - 1)
AUTO_CREATE = st.builds(AutoCreate, COUNTS_FROM_1, COUNTS_FROM_1, TEMPLATES, TEMPLATES, TEMPLATES)
ONE = settings_of(Queue, **OWN, name=QUEUE_NAMES, auto_create=st.none() | AUTO_CREATE)


def siblings(queues):
    return tuple({queue.name: queue for queue in queues}.values())


QUEUES = st.recursive(
    ONE,
    lambda below: st.builds(
        lambda queue, children: replace(queue, children=siblings(children)), ONE, st.lists(below, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def hierarchies(draw):
    root = replace(draw(ONE), name="root", children=siblings(draw(st.lists(QUEUES, max_size=2))))
    roles = draw(st.dictionaries(WORDS, st.builds(Access, st.just(False), NAMES, NAMES), max_size=2))
    return Hierarchy(root, draw(settings_of(Settings)), roles)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking takes long
@given(hierarchies())
def test_what_is_written_and_read_again_is_the_same(hierarchy):
    text = as_yaml(hierarchy)
    document = read(text.encode(), "q")
    assert document.hierarchy == hierarchy
    assert as_yaml(document.hierarchy) == text
    for path, queue in hierarchy.queues():
        if path != "root":
            place = document.places.of(path)
            assert queue.name in place.text


def read_by(loader, text, monkeypatch):
    """The tree or the problems, and every place."""
    monkeypatch.setattr(documents, "_Libyaml", loader)
    try:
        document, places = documents.read_with_places(QueuesFile, text, "q", "")
    except PlacementError as error:
        return str(error)
    return document.value(), {path: str(place) for path, place in places.items()}


@pytest.mark.parametrize("case", ["whole", *FAULTY])
def test_libyaml_reads_what_pyyaml_reads(case, monkeypatch):
    text = WHOLE if case == "whole" else FAULTY[case]
    assert read_by(documents._libyaml(), text, monkeypatch) == read_by(None, text, monkeypatch)
