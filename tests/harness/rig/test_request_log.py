"""Rows are read as they come: whole lines, once, and only those batches that are needed."""

from math import isnan
from pathlib import Path

import pandas as pd
import pytest

from harness.core.request_row import COLUMNS
from harness.rig.request_log import Rows, complete

HEADER = "start_s,latency_ms,error,due_s\r\n"
NAMES = [column.name for column in COLUMNS]


def lines(*starts: float) -> str:
    """Return rows of requests that took half a second each."""
    return "".join(f"{start},500,,\r\n" for start in starts)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that does not exist yet."""
    return tmp_path / "requests.csv"


def append(path: Path, text: str | bytes) -> None:
    """Append to a file."""
    with path.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def test_before_the_file_exists_there_are_neither_rows_nor_columns(path: Path) -> None:
    """Locust has not started yet; then it has, and has sent nothing."""
    rows = Rows(path)
    assert list(rows.read().columns) == []
    append(path, HEADER)
    assert sorted(rows.read().columns) == sorted(NAMES)
    assert rows.read().empty


def test_rows_add_up_from_call_to_call(path: Path) -> None:
    """Rows that were read stay; an empty number is NaN, an empty error is no error."""
    rows = Rows(path)
    append(path, HEADER + lines(1, 2))
    assert rows.read()["start_s"].tolist() == [1, 2]
    append(path, lines(3))
    every = rows.read()
    assert every["start_s"].tolist() == [1, 2, 3]
    assert every["error"].tolist() == ["", "", ""]
    assert all(isnan(due) for due in every["due_s"])


def test_a_line_that_is_not_whole_is_left_for_later(path: Path) -> None:
    """Locust may still be writing it."""
    rows = Rows(path)
    append(path, HEADER + lines(1) + "2,5")
    assert rows.read()["latency_ms"].tolist() == [500]
    append(path, "00,,\r\n")
    assert rows.read()["latency_ms"].tolist() == [500, 500]


def test_rows_behind_a_text_of_many_bytes_are_read_once(path: Path) -> None:
    """`é` has two bytes, `日` three: by characters the next read would begin within this row."""
    rows = Rows(path)
    append(path, HEADER + "1,500,répondu 日本,\r\n")
    assert rows.read()["error"].tolist() == ["répondu 日本"]
    append(path, lines(2))
    assert rows.read()["start_s"].tolist() == [1, 2]
    assert rows.read()["error"].tolist() == ["répondu 日本", ""]


def test_a_write_that_stopped_within_a_character_is_read_whole_later(path: Path) -> None:
    """The second byte of `é` follows with the second write."""
    rows = Rows(path)
    before, after = "2,500,é,\r\n".encode().split(b"\xa9")
    append(path, HEADER + lines(1))
    append(path, before)
    assert rows.read()["start_s"].tolist() == [1]
    append(path, b"\xa9" + after)
    assert rows.read()["error"].tolist() == ["", "é"]


def test_half_a_header_names_no_columns(path: Path) -> None:
    """Its rest comes with the next write."""
    rows = Rows(path)
    append(path, HEADER[:9])
    assert list(rows.read().columns) == []
    append(path, HEADER[9:] + lines(1))
    assert rows.read()["latency_ms"].tolist() == [500]


def test_batches_in_which_all_ended_before_are_left_out(path: Path) -> None:
    """A request from 2 s to 2.5 s counts up to then, with all of its batch."""
    rows = Rows(path)
    append(path, HEADER + lines(1, 2))
    assert rows.read(since_s=2.4)["start_s"].tolist() == [1, 2]
    append(path, lines(3))
    assert rows.read(since_s=2.6)["start_s"].tolist() == [3]
    assert rows.read(since_s=2.5)["start_s"].tolist() == [1, 2, 3]
    assert rows.read()["start_s"].tolist() == [1, 2, 3]


def test_where_all_batches_ended_before_only_the_columns_are_left(path: Path) -> None:
    """So a load step without a request can be measured too."""
    rows = Rows(path)
    append(path, HEADER + lines(1))
    assert rows.read(since_s=9).empty
    assert "start_s" in rows.read(since_s=9)


def test_a_log_of_an_earlier_version_has_the_columns_of_this_one_empty(path: Path) -> None:
    """Numbers are NaN, texts are ''; each has its kind whether or not there are rows."""
    rows = Rows(path)
    append(path, "start_s,latency_ms\r\n")
    kinds = {c.name: "object" if c.kind == "text" else "float64" for c in COLUMNS}
    assert rows.read().dtypes.astype(str).to_dict() == kinds
    append(path, "1,500\r\n")
    read = rows.read()
    assert read.dtypes.astype(str).to_dict() == kinds
    assert read["error"].tolist() == [""]
    assert isnan(read["nth"][0])


def test_columns_that_are_unknown_are_kept(path: Path) -> None:
    """A recorder of a later version may write them, texts too, some of them empty."""
    rows = Rows(path)
    append(path, "start_s,latency_ms,colour\r\n1,500,\r\n")
    rows.read()
    append(path, "2,500,blue\r\n")
    read = rows.read()
    assert read["start_s"].tolist() == [1, 2]
    assert read["colour"].fillna("").tolist() == ["", "blue"]


def test_what_is_complete_stays_as_it_is() -> None:
    """Not a value, not the order of columns."""
    once = complete(pd.DataFrame({"start_s": [1.0], "colour": ["blue"], "error": ["reset"]}))
    pd.testing.assert_frame_equal(complete(once), once)


def test_each_column_has_a_name_of_its_own_and_says_what_it_is() -> None:
    """They are the schema's documentation."""
    assert len(set(NAMES)) == len(NAMES)
    assert all(column.meaning for column in COLUMNS)
