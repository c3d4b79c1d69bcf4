"""A few queues, and maps for them: what the tests of both schedulers' placement rules share."""

from hypothesis import strategies as st

from placement.queues_file import reading
from placement.rules import grammar
from placement.rules.model import Rules

QUEUES = """
roles: {staff: {users: [ann], groups: [bi]}}
queues:
  - {name: default}
  - name: apps
    queues: [{name: prod}, {name: dev}]
  - {name: users, auto-create: {max-queues: 5}}
"""
DOCUMENT = reading.read(QUEUES.encode(), "queues.yaml")
PATHS = [path for path, _ in DOCUMENT.hierarchy.queues()]


def rules_of(map_text):
    """The rules of a map, with the roles of QUEUES."""
    rules, _ = grammar.parse(map_text.encode(), "map.txt")
    return Rules(rules.file, rules.rules, DOCUMENT.roles)


def maps(targets, queues, most):
    """Texts of maps with up to `most` rules, some of them with a condition."""
    conditions = st.sampled_from(["", "", " if hour > 3"])
    line = st.builds("{} {}{}\n".format, st.sampled_from(targets), st.sampled_from(queues), conditions)
    return st.lists(line, max_size=most).map("".join)
