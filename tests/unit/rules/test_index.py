"""The index says what the rules say, and content that is not an index is refused without a crash."""

import sys
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from placement import __version__
from placement.errors import PlacementError
from placement.policy import Site
from placement.rules import grammar
from placement.rules.compile import image
from placement.rules.condition import FACTS, ORDERED, TEXT, WEEKDAY, WEEKDAYS
from placement.rules.index import BLOCK, CHECKED, DEEPEST, KINDS, SUMS, VERSION, WORD, Index
from placement.rules.model import EVERYONE, GROUP, ROLE, USER, Role, Rule, Rules

SOURCES = {"map.txt": (5, 6, 7, 8), "site.yaml": None, "queues.yaml": (0, -1, 2**62, 2**64 - 1)}


def compiled(rules=(), roles=None, sources=SOURCES, **site):
    said = Site(**site)
    rules = Rules("there/map.txt", tuple(rules), roles)
    return image(rules, "0123456789ab", sources, said.words(), said.commands, said.static_groups)


def code_of(data):
    with pytest.raises(PlacementError) as caught:
        Index(data, "map.index")
    return caught.value.problems[0].code


def sealed(data):
    """The data with a checksum that fits: what somebody who may write the index can make of it."""
    words = memoryview(data).cast("I")
    head_size = min(words[5], len(words))
    for block, at in enumerate(range(head_size, len(words), BLOCK)):
        if SUMS + block < head_size:
            words[SUMS + block] = zlib.crc32(words[at : at + BLOCK])
    words[3] = zlib.crc32(words[CHECKED // WORD : head_size])
    return bytes(data)


names = st.sampled_from(["a", "b", "ab", "A", "ü日", "a b", "\udcff"]) | st.text(max_size=3)
values = {
    TEXT: st.text(max_size=3),
    WEEKDAY: st.sampled_from(WEEKDAYS),
}
numbers = st.floats(min_value=0, allow_infinity=False)


def comparisons():
    def of(fact):
        sort = FACTS[fact]
        value = values.get(sort, numbers)
        operators = ("==", "!=") if sort in values else ("==", "!=", *ORDERED)
        return st.tuples(st.sampled_from(operators), st.just(fact), value) | st.tuples(
            st.just("in"), st.just(fact), st.lists(value, max_size=3).map(tuple)
        )

    return st.sampled_from(sorted(FACTS)).flatmap(of)


conditions = st.recursive(
    comparisons(),
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.tuples(st.just("not"), inner)
    ),
    max_leaves=5,
)
some_rules = st.builds(
    lambda kind, name, *rest: Rule(kind, "" if kind == EVERYONE else name, *rest),
    st.sampled_from(KINDS),
    names,
    st.sampled_from(["root.x", "x", "%user"]) | st.text(max_size=5),
    st.integers(1, 2**32 - 1),
    st.sampled_from([":a root.x", "a: root.x", ""]) | st.text(max_size=8),
    st.none() | conditions,
)
some_roles = st.dictionaries(names, st.builds(Role, st.frozensets(names, max_size=3), st.frozensets(names, max_size=3)))


def dull(rules, roles, user, groups):
    found = []
    for rule in rules:
        role = roles.get(rule.name, Role())
        if (
            (rule.kind == EVERYONE)
            or (rule.kind == USER and rule.name == user)
            or (rule.kind == GROUP and rule.name in groups)
            or (rule.kind == ROLE and (user in role.users or role.groups & set(groups)))
        ):
            found.append(rule)
    return found


@given(st.lists(some_rules, max_size=8), some_roles, names, st.lists(names, max_size=4, unique=True))
def test_the_index_says_what_the_rules_and_ten_dull_lines_say(rules, roles, user, groups):
    index = Index(compiled(rules, roles), "map.index")
    found = index.matching(user, tuple(groups))
    assert found == Rules("m", tuple(rules), roles).matching(user, tuple(groups)) == dull(rules, roles, user, groups)
    assert [rule.text for rule in found] == [rule.text for rule in dull(rules, roles, user, groups)]
    assert len(index) == len(rules)


@given(
    st.dictionaries(names, st.lists(names, max_size=3).map(tuple)),
    st.dictionaries(names, names),
    st.dictionaries(names, st.none() | st.tuples(*[st.integers(0, 2**63 - 1)] * 4)),
)
def test_the_index_says_what_the_site_says(static, commands, sources):
    data = compiled(sources=sources, static_groups=static, commands=commands, scheduler="capacity", on_error="open")
    index = Index(data, "map.index")
    assert (dict(index.static_groups), index.commands, index.sources) == (static, commands, sources)
    site = Site(**index.settings, static_groups=index.static_groups, commands=index.commands)
    said = Site(static_groups=static, commands=commands, scheduler="capacity", on_error="open")
    site.static_groups = dict(site.static_groups)
    assert [getattr(site, name) for name in Site.__slots__] == [getattr(said, name) for name in Site.__slots__]
    assert (index.program, index.revision, index.file) == (__version__, "0123456789ab", "there/map.txt")
    assert index.static_groups.get("nobody at all", ("x",)) == ("x",)


def test_names_with_one_checksum_are_kept_apart():
    twins = ["plumless", "buckeroo"]
    assert len({zlib.crc32(name.encode()) for name in twins}) == 1
    index = Index(compiled([Rule(USER, name, f"root.{name}", 1, "") for name in twins]), "map.index")
    assert [index.matching(name, ())[0].queue for name in twins] == ["root.plumless", "root.buckeroo"]


def test_a_condition_as_deep_as_an_index_can_say_and_a_deeper_one():
    condition = ("==", "name", "x")
    for _ in range(DEEPEST):
        condition = ("not", condition)
    (found,) = Index(compiled([Rule(EVERYONE, "", "a", 1, "", condition)]), "i").matching("u", ())
    assert found.condition == condition
    with pytest.raises(PlacementError, match="index-unwritten"):
        compiled([Rule(EVERYONE, "", "a", 1, "", ("not", condition))])


SMALL = compiled(
    [Rule(USER, "ann", "root.a", 1, "ann: root.a"), Rule(EVERYONE, "", "r", 2, "* r", ("in", "name", ("x",)))],
    static_groups={"ann": ("g",)},
    commands={"c": "/c"},
)


def test_an_index_cut_off_anywhere_is_refused():
    for size in range(len(SMALL)):
        assert code_of(SMALL[:size]) == "index-truncated"


def test_an_index_with_any_byte_changed_is_refused():
    allowed = {"index-tampered", "index-truncated", "index-foreign", "index-newer"}
    for at in range(len(SMALL)):
        for change in (1, 0x80, 0xFF):
            data = bytearray(SMALL)
            data[at] ^= change
            assert code_of(bytes(data)) in allowed
            assert at < 24 or code_of(bytes(data)) == "index-tampered"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"alice: root.a\n", "index-foreign"),
        (b"\x7fELF", "index-foreign"),
        (SMALL + b"\0", "index-tampered"),
        (SMALL[:8] + bytes([VERSION + 1]) + SMALL[9:], "index-newer"),
        (SMALL[:8] + bytes(4) + SMALL[12:], "index-foreign"),
    ],
)
def test_what_is_no_index_of_ours_is_refused(data, code):
    assert code_of(data) == code


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data):
    assert code_of(data).startswith("index-")
    assert code_of(SMALL[:8] + data).startswith("index-")


def ask_everything(data):
    """Asks a crafted index all there is to ask: an answer or a PlacementError, and nothing else."""
    try:
        index = Index(data, "map.index")
        index.matching("ann", ("g", "ann"))
        index.static_groups.get("ann")
        dict(index.static_groups)
    except PlacementError as error:
        return error.problems[0].code == "index-tampered"
    return True


def test_an_index_with_any_byte_changed_under_a_fitting_checksum_is_harmless():
    for at in range(SUMS * WORD - 9 * WORD, len(SMALL)):
        for change in (1, 0x80, 0xFF):
            data = bytearray(SMALL)
            data[at] ^= change
            assert ask_everything(sealed(data))


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(6, len(SMALL) // 4 - 1), st.integers(0, 2**32 - 1) | st.integers(0, 200)), max_size=5
    )
)
def test_an_index_with_numbers_changed_under_a_fitting_checksum_is_harmless(changes):
    data = bytearray(SMALL)
    for at, number in changes:
        data[at * WORD : (at + 1) * WORD] = number.to_bytes(WORD, sys.byteorder)
    assert ask_everything(sealed(data))


def test_a_large_index_is_checked_where_it_is_used_or_as_a_whole():
    rules = [Rule(USER, f"user{number}", f"root.q{number}", number + 1, "") for number in range(2_000)]
    good = compiled(rules)
    for at in range(SUMS * WORD, len(good), 4_093):
        data = bytearray(good)
        data[at] ^= 1
        try:
            index = Index(bytes(data), "map.index")
        except PlacementError:
            continue  # the head is checked at once
        wrong = 0
        for rule in rules:
            try:
                found = index.matching(rule.name, ())
            except PlacementError:
                wrong += 1
            else:
                assert found == [rule]
        with pytest.raises(PlacementError):
            index.check()
        assert wrong
    index = Index(good, "map.index")
    index.check()
    assert index.matching("user7", ()) == [rules[7]]


def slowly(line, number):
    """What the grammar says of a line that does not take the short way."""
    never = type("Never", (), {"fullmatch": lambda *_: None})()
    plain, grammar._PLAIN_LINE = grammar._PLAIN_LINE, never
    try:
        return list(grammar._read_line(line, number, "m"))
    finally:
        grammar._PLAIN_LINE = plain


pieces = st.sampled_from([*'ab.:"#*@%\\ \t-_$', "root", "%user", ": ", " a", "a:", ":g ", "ü", "\udcff", "\r"])
conditional = st.sampled_from(
    [" memory", " > 64g", " hour == 2", " and ", " or ", "not ", "(", ")", " in (1, 2)", "ü", "x"]
)
lines = st.lists(pieces, max_size=12).map("".join) | st.from_regex(grammar._PLAIN_LINE, fullmatch=True)
lines |= st.lists(conditional | pieces, max_size=8).map(lambda words: "a: root.b if" + "".join(words))


@settings(max_examples=500)
@given(lines)
@example("a: if # \udcff")
@example(":g a.b#c")
@example("a: b if memory > 64g and not (hour in (1, 2)) # so")
@example("a: b if")
@example("a: b if  memory > 64g x")
@example("a: b iffy")
@example("a: b if(hour > 2)\t")
@example("a: b if name == \xa0")
def test_a_plain_line_is_read_as_the_grammar_reads_it(line):
    if not grammar._PLAIN_LINE.fullmatch(line) or "\n" in line:
        return
    short, long = list(grammar._read_line(line, 7, "m")), slowly(line, 7)
    assert list(map(str, short)) == list(map(str, long))
    if all(isinstance(found, Rule) for found in (*short, *long)):
        assert (short, [rule.text for rule in short]) == (long, [rule.text for rule in long])
