"""Findings over a queue tree, as `placement check` shows them."""

import pytest

from placement.queues import checks
from placement.queues_file import shapes
from placement.queues_file.reading import read
from tests.conftest import ROOT

CASES = {
    "roles": """\
roles: {analysts: {users: [ann]}}
root: {admin: {roles: [ops]}}
queues:
- {name: a, submit: {roles: [analysts, analyst]}}
- {name: b, auto-create: {leaf: {submit: {roles: [x]}}}}
""",
    "reserved-above-maximum": """\
queues:
- {name: a, reserved: {memory: 20g, vcores: 5}, maximum: {memory: 10g, vcores: 5}}
- {name: b, reserved: 30%, maximum: 20%}
- {name: c, reserved: 30%, maximum: {memory: 20%, vcores: 40%}}
- {name: d, reserved: 30%, maximum: 20% of cluster}
- {name: e, reserved: {memory: 20g}, maximum: {vcores: 5}}
- {name: f, node-labels: {shares: {gpu: {reserved: 10%, maximum: 5%}}}}
- {name: g, auto-create: {template: {reserved: 2%, maximum: 1%}}}
""",
    "reserved-above-parent": """\
root: {maximum: {memory: 50g}}
queues:
- name: a
  reserved: {memory: 30g, vcores: 10}
  queues:
  - {name: x, reserved: {memory: 20g, vcores: 5}}
  - {name: y, reserved: {memory: 20g, vcores: 5}}
- name: b
  maximum: 20% of cluster
  queues:
  - {name: x, reserved: 15% of cluster}
  - {name: y, reserved: {memory: 15% of cluster}}
- name: c
  reserved: {memory: 30g}
  node-labels: {shares: {gpu: {reserved: {memory: 1g}}}}
  queues:
  - {name: x, node-labels: {shares: {gpu: {reserved: {memory: 2g}}}}}
""",
    "shares": """\
queues:
- name: a
  reserved: 60%
  queues:
  - {name: x, reserved: 60%}
  - {name: y, reserved: {memory: 30%, vcores: 50%}}
- name: b
  reserved: 40%
  queues:
  - {name: x, reserved: 33.33%}
  - {name: y, reserved: 33.33%}
  - {name: z, reserved: 33.34%}
- name: c
  reserved: 30% of cluster
  queues:
  - {name: x, reserved: 50%, node-labels: {shares: {gpu: {reserved: 70%}}}}
  - {name: y, reserved: 20%, node-labels: {shares: {gpu: {reserved: 70%}}}}
- {name: d, reserved: 90% of cluster}
- name: e
  queues:
  - {name: x, reserved: 50%}
  - {name: y, weight: 1}
""",
    "maximum-above-parent": """\
queues:
- name: a
  maximum: {memory: 100g}
  max-running: 5
  queues:
  - {name: x, maximum: {memory: 200g, vcores: 5}, max-running: 10}
  - {name: y, maximum: 80%}
  - {name: z, maximum: {memory: 100g}, max-running: 5}
""",
    "policies": """\
defaults: {policy: furion}
queues:
- {name: a, policy: drf}
- {name: b, policy: fifo, queues: [{name: x, policy: fair}]}
- {name: c, policy: drf, queues: [{name: x, policy: drf}, {name: y, policy: fair}]}
- {name: d, auto-create: {template: {policy: drf}}}
""",
    "fifo": """\
defaults: {policy: fifo}
queues: [{name: a}]
""",
    "leaves": """\
root: {max-am-share: 0.5}
queues:
- {name: a, max-am-share: 0.5, max-queued: 7, queues: [{name: x, max-am-share: 0.5, max-queued: 7}]}
- {name: b, max-am-share: 0.5, auto-create: {}}
""",
    "labels": """\
queues:
- name: a
  node-labels: {access: [gpu], default: ssd, shares: {gpu: {reserved: 50%}, x: {reserved: 50%}}}
  queues:
  - {name: x, node-labels: {access: [gpu, ssd]}}
  - {name: y, node-labels: {default: ssd}}
  - {name: z, node-labels: {access: []}}
- {name: b, node-labels: {access: "*", default: ssd}}
- {name: c, node-labels: {default: ssd}}
""",
    "exceptions": """\
roles: {r: {users: [ann]}, g: {groups: [bi]}}
queues:
- {name: a, submit: {users: [eve], roles: [r]}, per-user: {max-running: 1, except: {eve: 2, ann: 2, bob: 3}}}
- {name: b, submit: {groups: [bi]}, per-user: {max-running: 1, except: {bob: 3}}}
- {name: c, submit: {roles: [g]}, per-user: {max-running: 1, except: {bob: 3}}}
- {name: d, per-user: {max-running: 1, except: {bob: 3}}}
""",
}


def found(text, scheduler):
    document = read(text.encode(), "queues.yaml")
    return checks.findings(document.hierarchy, scheduler, document.places.of)


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
@pytest.mark.parametrize("case", CASES)
def test_every_finding_has_its_spot_and_a_remedy(case, scheduler, expect):
    problems = found(CASES[case], scheduler)
    assert all(problem.remedy and problem.place.line for problem in problems)
    expect(f"queue_checks/{case}.{scheduler}.txt", "".join(f"{problem}\n" for problem in problems))


SOUND = """\
roles: {analysts: {users: [ann]}}
root: {policy: drf, submit: {users: [ops]}}
defaults: {max-am-share: 0.3, per-user: {max-running: 20}}
queues:
- name: a
  reserved: 60%
  maximum: 80%
  queues:
  - {name: x, reserved: 50%, maximum: 100%, policy: fifo, max-am-share: -1, max-queued: 5}
  - {name: y, reserved: 50%, submit: {roles: [analysts]}}
- {name: b, reserved: 40%, auto-create: {max-queues: 5, leaf: {weight: 1, max-am-share: 0.5}}}
"""


def test_nothing_is_found_where_nothing_is_wrong():
    assert found(SOUND, "fair") == []
    assert found(SOUND.replace("policy: drf, ", ""), "capacity") == []


def test_the_example_of_the_documents_is_sound():
    text = (ROOT / "docs" / "queues.md").read_text()
    example = text.partition("```yaml\n")[2].partition("```")[0]
    assert found(example, "fair") == []


def test_every_key_is_in_the_documents():
    text = (ROOT / "docs" / "queues.md").read_text()
    kinds = [each for each in vars(shapes).values() if isinstance(each, type) and issubclass(each, shapes.BaseModel)]
    keys = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert {"max-am-share", "fair-share-timeout", "except", "auto-create"} <= keys
    assert not {key for key in keys if f"`{key}`" not in text}
