"""The audit trail, read backwards, however it was cut."""

import io
import json
import os

from hypothesis import given
from hypothesis import strategies as st

from placement.audit_file import files, find, lines_backwards

ONE, OTHER = "0123456789abcdef", "fedcba9876543210"
LINES = st.lists(st.text(alphabet="ab{}é\r", max_size=12).map(str.encode))


def line(decision_id, **more):
    return json.dumps({"time": "2026-11-21T10:15:00.123Z", "outcome": "run", "id": decision_id, **more}).encode()


@given(LINES, st.integers(1, 20), st.booleans())
def test_all_lines_come_backwards_whatever_the_block(lines, block, is_ended):
    content = b"\n".join(lines) + b"\n" * is_ended
    expected = [each for each in content.split(b"\n") if each]
    assert list(lines_backwards(io.BytesIO(content), block)) == expected[::-1]


@given(LINES, st.integers(1, 20), st.integers(1, 9))
def test_a_line_that_is_too_long_is_counted_and_its_neighbours_are_whole(lines, block, longest):
    content = b"\n".join(lines)
    expected = [each if len(each) <= longest else None for each in content.split(b"\n") if each]
    assert list(lines_backwards(io.BytesIO(content), block, longest)) == expected[::-1]


@given(st.data())
def test_cut_anywhere_every_whole_line_is_found(tmp_path_factory, data):
    """Ids of 16 digits, so that a cut line cannot be another one's record."""
    ids = [f"{number:016x}" for number in range(data.draw(st.integers(1, 8)))]
    content = b"".join(line(each, message="x" * data.draw(st.integers(0, 9))) + b"\n" for each in ids)
    start, end = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    left = content[:start] + content[end:]  # what a full disk, or a hand, took away
    file = tmp_path_factory.getbasetemp() / "cut.jsonl"
    file.write_bytes(left)
    whole = [each for each in left.split(b"\n") if _is_whole(each)]
    for each in ids:
        found = find([str(file)], each)
        expected = [json.loads(one) for one in whole if json.loads(one).get("id") == each]
        if expected:
            assert found.record == expected[-1]


def _is_whole(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_the_newest_of_several_and_the_count_of_damaged_lines(tmp_path):
    file = tmp_path / "a"
    rows = [line(ONE, n=1), b'{"time": "cut', line(ONE, n=2), b"", b"words", line(OTHER)[:-1], line(OTHER)]
    file.write_bytes(b"\n".join(rows))
    found = find([str(file)], ONE)
    assert (found.record["n"], found.damaged, found.file) == (2, 2, str(file))
    nothing = find([str(file)], "0" * 16)
    assert (nothing.record, nothing.damaged, nothing.looked_through) == (None, 3, [str(file)])


def test_a_record_behind_a_line_that_was_cut_or_in_the_words_of_syslog(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(
        line(OTHER)[:30] + line(ONE, n=1) + b"\nNov 21 10:15:00 host placement: " + line(OTHER, n=2) + b"\n"
    )
    assert find([str(file)], ONE).record["n"] == 1
    assert find([str(file)], OTHER).record["n"] == 2


def test_an_id_elsewhere_in_a_line_is_not_that_decision(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(line(OTHER, arguments=[f"spark.yarn.tags=placement:{ONE}"]) + b"\n" + line([ONE]) + b"\n7\n")
    assert find([str(file)], ONE).record is None


def test_files_that_cannot_be_read_are_named(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    asked = [str(tmp_path / "none"), str(tmp_path / "fifo"), str(tmp_path), "a\0b"]
    found = find(asked, ONE)
    assert (found.record, list(found.unread), found.looked_through) == (None, asked, [])


def test_a_trail_with_a_file_for_each_user(tmp_path):
    (tmp_path / "[x]").mkdir()
    for age, user in enumerate(("alice", "bob")):
        file = tmp_path / "[x]" / f"{user}.jsonl"
        file.write_bytes(line(ONE, user=user))
        os.utime(file, (1000 - age, 1000 - age))
    trail = files(str(tmp_path / "[x]" / "%user.jsonl"))
    assert [os.path.basename(each) for each in trail] == ["alice.jsonl", "bob.jsonl"]
    assert find(trail, ONE).record["user"] == "alice"
    assert files("/nowhere/file") == ["/nowhere/file"]


def test_memory_is_bounded_by_the_block_and_not_by_the_file(tmp_path):
    import tracemalloc

    file = tmp_path / "a"
    with open(file, "wb") as out:
        out.write(line(ONE) + b"\n" + b"x" * (64 * 2**20) + b"\n")
        out.writelines(line(OTHER) + b"\n" for _ in range(1000))
    tracemalloc.start()
    found = find([str(file)], ONE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.record["id"], found.damaged) == (ONE, 1)
    assert peak < 16 * 2**20
