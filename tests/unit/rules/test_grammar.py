import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.rules.grammar import parse
from placement.rules.model import EVERYONE, GROUP, USER, Rule

FAULTY = {
    "one-word": b":prod\n",
    "three-words": b":prod root.prod root.dev\n",
    "bare-name": b"etl   root.batch\n",
    "tabs-before-the-spot": b"\t:dev\troot..x\n",
    "crlf": b"pnda: root.default\r\n:prod root.prod\r\n",
    "byte-order-mark": b"\xef\xbb\xbfpnda: root.default\n",
    "invalid-utf-8": b"ok: root.a\nren\xe9: root.b\n",
    "invisible-character": b":nb\xc2\xa0root.x\n",
    "nul": b"a\0b: root.x\n",
    "escape-sequence": b"\x1b[31m: root.x\n",
    "name-of-10000": b"n" * 10_000 + b": root.x\n",
    "queue-of-10000": b"*: root." + b"q" * 10_000 + b"\n* root." + b"q" * 10_000 + b"\n",
    "far-to-the-right": b"*" + b" " * 200 + b"root.x root.y" + b" " * 200 + b"# comment\n",
    "wide-characters": ":日本 root.a root.b\n".encode(),
    "colon-alone": b": root.x\n",
    "two-colons": b"a:b:c root.x\n",
    "role": b"@analysts root.x\n",
    "quotes": b':"domain users" root.x\n',
    "dots": b"* .root\n* root.\n* root..a\n* .\n",
    "colon-in-queue": b":prod :dev\n",
    "star-with-colon": b"*: root.x\n",
    "many": b"one\ntwo words here\n:g root.ok\nx:\n# comment\nfour five\n",
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_map_names_every_spot_and_what_to_do(case, expect):
    with pytest.raises(PlacementError) as caught:
        parse(FAULTY[case], "map.txt")
    assert all(problem.remedy and problem.place for problem in caught.value.problems)
    expect(f"grammar/{case}.txt", f"{caught.value}\n")


def test_the_rules_of_a_plain_pnda_map_come_in_order():
    rules, warnings = parse(b"# head\n\npnda: root.default\n  :prod\troot.p  # why\nann:dev root.a\n* root.x", "m")
    assert rules.rules == (
        Rule(USER, "pnda", "root.default", 3, ""),
        Rule(GROUP, "prod", "root.p", 4, ""),
        Rule(USER, "ann", "root.a", 5, ""),
        Rule(EVERYONE, "", "root.x", 6, ""),
    )
    assert [rule.text for rule in rules.rules] == ["pnda: root.default", ":prod\troot.p", "ann:dev root.a", "* root.x"]
    assert [warning.code for warning in warnings] == ["group-ignored"]


def test_a_group_beside_a_user_is_warned_about(expect):
    _, (warning,) = parse(b"user:grp root.y\n", "map.txt")
    expect("grammar/group-ignored.txt", f"{warning}\n")


@pytest.mark.parametrize(
    "name", ["CORP\\anna", "anna@CORP.EXAMPLE", "first.last", "svc$", "häagen", "o'neil", "-x", "1"]
)
def test_names_of_directories_stand_bare(name):
    rules, warnings = parse(f"{name}: root.a\n:{name} root.b\n".encode(), "m")
    assert [(rule.kind, rule.name) for rule in rules.rules] == [(USER, name), (GROUP, name)]
    assert not warnings


@pytest.mark.parametrize("source", [b"", b"\n\n", b"# only\n   # comments\n", b"# caf\xe9 in Latin-1\n"])
def test_a_map_without_rules_is_no_error(source):
    assert parse(source, "m")[0].rules == ()


names = st.text(st.sampled_from("abzAZ09._-$\\@ü"), min_size=1, max_size=12).filter(lambda name: name[0] != "@")
queues = st.lists(st.text(st.sampled_from("abz09_-"), min_size=1, max_size=5), min_size=1, max_size=4).map(".".join)
targets = st.one_of(st.tuples(st.just(USER), names), st.tuples(st.just(GROUP), names), st.just((EVERYONE, "")))
blanks = st.text(" \t", max_size=3)


@given(st.lists(st.tuples(targets, queues, blanks, blanks, st.sampled_from(["", "# note", "#"]))))
def test_what_is_written_is_what_is_read(lines):
    written = {USER: "{}:", GROUP: ":{}", EVERYONE: "*"}
    text = "".join(
        f"{before}{written[kind].format(name)} {between}{queue}{before}{comment}\n"
        for (kind, name), queue, before, between, comment in lines
    )
    rules, warnings = parse(text.encode(), "m")
    expected = [Rule(kind, name, queue, n, "") for n, ((kind, name), queue, *_) in enumerate(lines, start=1)]
    assert list(rules.rules) == expected
    assert not warnings


@given(st.one_of(st.binary(max_size=80), st.text(' \t\r\n:*#@"%.ab\ufeff\u00a0', max_size=40).map(str.encode)))
def test_no_bytes_give_anything_but_rules_or_a_clean_error(source):
    try:
        rules, _ = parse(source, "m")
    except PlacementError as error:
        for problem in error.problems:
            assert problem.place
            line = source.split(b"\n")[problem.place.line - 1]
            assert 1 <= problem.place.column <= len(line.decode("utf-8", "surrogateescape")) + 1
            assert all(character.isprintable() or character in "\n\t" for character in str(problem))
    else:
        assert len(rules.rules) <= source.count(b"\n") + 1
