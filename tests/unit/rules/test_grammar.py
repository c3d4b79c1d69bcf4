import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.rules.condition import FACTS, ORDERED, TEXT, WEEKDAY, WEEKDAYS
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
    "role-without-a-name": b"@ root.x\n@role: root.x\n",
    "open-quote": b':"domain users root.x\n:a"b root.x # "\n',
    "quote-inside": b':a"b"c root.x\n',
    "placeholder": b"* root.%usr\n* root.%u\n",
    "no-condition": b"* a if\n* a if memory\n* a if memory >\n* a if not\n* a if memory > 5g and\n",
    "condition-misspelt": b"* a if memroy > 5g\n* a if memory = 5g\n* a if hour >= 8 foo\n* a iff hour > 8\n",
    "brackets": b"* a if (hour > 8\n* a if hour in (1, 2\n* a if hour in 1\n* a if hour > 8)\n",
    "values": b"* a if memory > 5\n* a if duration < 2x\n* a if hour == x\n* a if weekday == t\n* a if hour in (x)\n",
    "too-deep": b"* a if " + b"not " * 400 + b"hour > 8\n",
    "no-order": b"* root.x if hour > 8 and name < x\n* root.x if weekday >= monday\n",
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


def conditions(text):
    return [rule.condition for rule in parse(text.encode(), "m")[0].rules]


def test_conditions_are_plain_data_in_one_unit():
    assert conditions("* a if memory > 200g or duration <= 1.5h and not hour in (8, 9)") == [
        ("or", ((">", "memory", 204800.0), ("and", (("<=", "duration", 5400.0), ("not", ("in", "hour", (8.0, 9.0)))))))
    ]
    assert conditions(
        '* a if command in (pyspark, spark-shell)\n* a if name == "a # b"\n* a if weekday not in (Sat, sunday)'
    ) == [
        ("in", "command", ("pyspark", "spark-shell")),
        ("==", "name", "a # b"),
        ("not", ("in", "weekday", ("saturday", "sunday"))),
    ]
    assert conditions("* a if((hour>8))and(input<1TiB)") == [("and", ((">", "hour", 8.0), ("<", "input", 1048576.0)))]


def test_quotes_make_anything_a_name():
    text = ':"domain users" a\n"@odd": a\n"a:b#c": a # comment\n"*": a\n'
    rules, _ = parse(text.encode(), "m")
    assert [(rule.kind, rule.name) for rule in rules.rules] == [
        (GROUP, "domain users"),
        (USER, "@odd"),
        (USER, "a:b#c"),
        (USER, "*"),
    ]


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


any_name = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"') | st.just(" "), min_size=1, max_size=12
)
queues = st.lists(st.text(st.sampled_from("abz09_-"), min_size=1, max_size=5), min_size=1, max_size=4).map(".".join)
templates = queues | queues.map(lambda queue: f"{queue}.%user") | queues.map(lambda queue: f"%primary_group.{queue}")
targets = st.one_of(st.tuples(st.sampled_from([USER, GROUP]), any_name), st.just((EVERYONE, "")))
texts = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"') | st.just(" "), max_size=8)


@st.composite
def comparisons(draw):
    fact = draw(st.sampled_from(sorted(FACTS)))
    if FACTS[fact] == TEXT:
        value = texts
    elif FACTS[fact] == WEEKDAY:
        value = st.sampled_from(WEEKDAYS)
    else:
        value = st.integers(0, 10**7).map(float)
    if draw(st.booleans()):
        return ("in", fact, tuple(draw(st.lists(value, min_size=1, max_size=3))))
    operators = ["==", "!="] if FACTS[fact] in (TEXT, WEEKDAY) else ["==", "!=", *ORDERED]
    return (draw(st.sampled_from(operators)), fact, draw(value))


def joined(inner):
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda each: ("and", each)),
        several.map(lambda each: ("or", each)),
        inner.map(lambda each: ("not", each)),
    )


all_conditions = st.recursive(comparisons(), joined, max_leaves=5)
rules = st.builds(
    lambda target, queue, condition: (*target, queue, condition), targets, templates, st.none() | all_conditions
)


@given(st.lists(rules, max_size=5))
def test_what_is_printed_is_what_is_read(written):
    printed = [Rule(kind, name, queue, n, "", cond) for n, (kind, name, queue, cond) in enumerate(written, start=1)]
    text = "".join(f"  {rule}\t# comment\n" for rule in printed)
    read, warnings = parse(text.encode(), "m")
    assert list(read.rules) == printed
    assert [rule.text for rule in read.rules] == [str(rule) for rule in printed]
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


ELSEWHERE = {
    ":dev root.a\ndev root.b\n": "did you mean `:dev`, as in other lines? `dev:` would be the user",
    "dev root.b\ndev: root.a\n": "did you mean `dev:`, as in other lines? `:dev` would be the group",
    "dev: root.a\n:dev root.a\ndev root.b\n": "write `dev:` for the user, `:dev` for the group",
    "@dev root.a\ndev root.b\n": "write `dev:` for the user, `:dev` for the group",
}


@pytest.mark.parametrize("text", ELSEWHERE)
def test_a_bare_word_is_taken_for_what_other_lines_have(text):
    with pytest.raises(PlacementError) as caught:
        parse(text.encode(), "map.txt")
    (problem,) = caught.value.problems
    assert (problem.code, problem.remedy) == ("bare-word", ELSEWHERE[text])
