import pytest

from placement.commands.properties import parse

CASES = {
    "equals": ("a=b", {"a": "b"}),
    "colon": ("a:b", {"a": "b"}),
    "blank": ("a b c", {"a": "b c"}),
    "blanks around": ("  a \t = \t b  ", {"a": "b"}),
    "two separators": ("a==b", {"a": "=b"}),
    "blank, then colon": ("a :b", {"a": "b"}),
    "comments": ("# x=y\n  ! z\na=b # c", {"a": "b # c"}),
    "continuation": ("a=b\\\n   c", {"a": "bc"}),
    "a comment inside a continuation is value": ("a=b\\\n#c", {"a": "b#c"}),
    "escaped backslash at the end": ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
    "escapes": ("a\\ b=\\u0041\\n\\x", {"a b": "A\nx"}),
    "escaped separator": ("a\\=b=c", {"a=b": "c"}),
    "carriage returns": ("a=b\r\nc=d\re=f", {"a": "b", "c": "d", "e": "f"}),
    "no value": ("a\nb=", {"a": "", "b": ""}),
    "the last wins": ("a=b\na=c", {"a": "c"}),
    "a byte-order mark hides the first key": ("\ufeffa=b\nc=d", {"\ufeffa": "b", "c": "d"}),
    "the end inside a continuation": ("a=b\\", {"a": "b"}),
    "an escaped line end is kept, other blanks are not": ("a=b \\n\nc=\\u0001d\\u00a0", {"a": "b \n", "c": "d\u00a0"}),
    "empty": ("", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_properties(case):
    text, expected = CASES[case]
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["a=\\u12", "a=\\u12g4", "\\uxxxx=b"])
def test_a_malformed_escape_is_refused_as_java_does(text):
    with pytest.raises(ValueError, match="malformed"):
        parse(text)
