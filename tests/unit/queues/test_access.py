"""Effective access, held against ten dull lines that say the same."""

from hypothesis import given
from hypothesis import strategies as st

from placement.queues.access import of_queue, of_user, of_user_in
from placement.queues.queue import Access, AutoCreate, Hierarchy, Queue, Settings

ROLES = {"r": Access(users=("u",), groups=("h",)), "nobody": Access()}
TREE = Hierarchy(
    root=Queue(
        name="root",
        admin=Access(users=("yarn",)),
        children=(
            Queue(
                name="a",
                submit=Access(groups=("g",)),
                children=(Queue(name="b", submit=Access(roles=("r", "nobody", "gone"))), Queue(name="c")),
            ),
            Queue(name="open", submit=Access(everybody=True)),
            Queue(name="users", auto_create=AutoCreate(leaf=Settings(submit=Access(users=("u",))))),
        ),
    ),
    roles=ROLES,
)


def granted(rights):
    return [(grant.right, grant.origin, grant.kind, grant.name, grant.through) for grant in rights]


def test_a_right_to_a_queue_is_one_to_all_below():
    rights = of_user(TREE, "x", ["g"])
    assert list(rights) == ["root.a", "root.a.b", "root.a.c", "root.open"]
    assert granted(rights["root.a.c"].submit) == [("submit", "root.a", "group", "g", "")]
    assert rights["root.a.c"].admin == ()


def test_root_is_closed_unless_it_says_otherwise():
    assert list(of_user(TREE, "x", [])) == ["root.open"]
    assert of_user(Hierarchy(root=Queue(name="root", children=(Queue(name="a"),))), "x", ["g"]) == {}
    opened = Hierarchy(root=Queue(name="root", submit=Access(everybody=True), children=(Queue(name="a"),)))
    assert list(of_user(opened, "x", [])) == ["root", "root.a"]


def test_whoever_administers_may_submit():
    rights = of_user(TREE, "yarn", [])
    assert list(rights) == [path for path, _ in TREE.queues()]
    assert granted(rights["root.a.b"].submit) == [("admin", "root", "user", "yarn", "")]
    assert rights["root.a.b"].submit == rights["root.a.b"].admin


def test_a_role_says_through_what_somebody_has_it():
    assert granted(of_user(TREE, "u", ["h"])["root.a.b"].submit) == [("submit", "root.a.b", "role", "r", "user u")]
    assert granted(of_user(TREE, "x", ["h"])["root.a.b"].submit) == [("submit", "root.a.b", "role", "r", "group h")]


def test_the_nearest_grant_comes_first():
    rights = of_user(TREE, "u", ["g"])["root.a.b"].submit
    assert [grant.origin for grant in rights] == ["root.a.b", "root.a"]
    assert [grant.origin for grant in of_queue(TREE, "root.a.b").submit] == ["root.a.b"] * 3 + ["root.a", "root"]


def test_a_queue_that_would_be_created_has_the_rights_of_its_template():
    assert of_user_in(TREE, "root.users.new", "u", [])
    assert not of_user_in(TREE, "root.users.new", "x", [])
    assert not of_user_in(TREE, "root.users.new.er.est", "yarn", [])  # deeper than any is created
    assert not of_user_in(TREE, "root.a.new", "yarn", [])  # none is created there
    assert not of_user_in(TREE, "other", "yarn", [])


def test_names_are_not_matched_inside_others_nor_across_kinds():
    assert list(of_user(TREE, "g", ["yarn", "gg", "U"])) == ["root.open"]


NAMES = st.lists(st.sampled_from("uvw"), max_size=2, unique=True).map(tuple)
ACCESS = st.none() | st.builds(
    Access, st.sampled_from([False, False, False, True]), NAMES, NAMES, st.lists(st.sampled_from("rs"), max_size=1)
)
LEAVES = st.builds(lambda submit, admin: (submit, admin, ()), ACCESS, ACCESS)
NODES = st.recursive(LEAVES, lambda below: st.tuples(ACCESS, ACCESS, st.lists(below, max_size=3)), max_leaves=8)


def queue(name, node):
    submit, admin, below = node
    children = tuple(queue(f"q{number}", each) for number, each in enumerate(below))
    return Queue(name=name, submit=submit, admin=admin, children=children)


def dull(hierarchy, path, user, groups, right):
    """Whether somebody has a right, looked up the long way."""
    users, held = {user}, set(groups)
    roles = {name for name, role in hierarchy.roles.items() if users & set(role.users) or held & set(role.groups)}
    here, queues = "root", [hierarchy.root]
    for part in path.split(".")[1:]:
        here = f"{here}.{part}"
        queues.append(next(each for each in queues[-1].children if each.name == part))
    said = [getattr(each, which) for each in queues for which in {right, "admin"}]
    return any(
        each and (each.everybody or users & set(each.users) or held & set(each.groups) or roles & set(each.roles))
        for each in said
    )


@given(NODES, st.sampled_from("uvwx"), NAMES)
def test_rights_are_what_a_dull_look_at_every_ancestor_finds(node, user, groups):
    roles = {"r": Access(users=("u",)), "s": Access(groups=("v",))}
    hierarchy = Hierarchy(root=queue("root", node), roles=roles)
    found = of_user(hierarchy, user, groups)
    for path, _ in hierarchy.queues():
        rights = found.get(path)
        assert bool(rights) == dull(hierarchy, path, user, groups, "submit")
        assert bool(rights and rights.admin) == dull(hierarchy, path, user, groups, "admin")
        assert of_user_in(hierarchy, path, user, groups).submit == (rights.submit if rights else ())
        everybody = of_queue(hierarchy, path).submit
        bare = {(each.right, each.origin, each.kind, each.name) for each in everybody}
        assert {(each.right, each.origin, each.kind, each.name) for each in (rights.submit if rights else ())} <= bare
