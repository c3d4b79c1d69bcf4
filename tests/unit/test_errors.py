from hypothesis import given
from hypothesis import strategies as st

from placement.errors import Place, PlacementError, Problem, nearest, quoted, visible


def test_a_problem_without_a_place_is_one_line_and_its_remedy():
    assert str(Problem("code", "words", remedy="do this")) == "error[code]: words\n  remedy: do this"


def test_a_problem_in_one_line():
    problem = Problem("code", "words", Place("f", 3, 2, 1, "text"), "do this")
    assert problem.in_one_line() == "f:3:2: error[code]: words (do this)"


def test_an_error_shows_all_its_problems():
    assert str(PlacementError(Problem("a", "x"), Problem("b", "y"))) == "error[a]: x\nerror[b]: y"


def test_what_a_terminal_would_obey_is_shown_as_an_escape():
    assert visible("a\x1b[31m\n\u202e") == "a\\x1b[31m\\n\\u202e"
    assert quoted("\udcff") == "`\\udcff`"


def test_a_long_word_is_cut():
    assert quoted("x" * 1000) == "`" + "x" * 60 + "… (1000 characters)`"


def test_nearest():
    assert nearest("root.pord", ["root.prod", "root.dev"]) == "root.prod"
    assert nearest("zzz", ["root.prod"]) is None


@given(st.text(max_size=300), st.integers(1, 320), st.integers(1, 400))
def test_any_spot_of_any_line_can_be_shown(text, column, width):
    _, source, caret = str(Problem("c", "m", Place("f", 1, column, width, "x" + text))).split("\n")
    assert caret.count("^") == 1
    assert len(source) <= 4 + 76 + 2
