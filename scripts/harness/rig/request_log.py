"""Read the rows of one block's requests while Locust appends them to their file."""

import io
from math import inf, nan
from pathlib import Path
from typing import Any

import pandas as pd

from harness.core.request_row import COLUMNS, Column


class Rows:
    """The requests of a block as they come, each read once; columns as of complete().

    Rows are written between plateaus, so a batch holds what ended since the plateau before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._header = b""
        self._batches: list[tuple[float, pd.DataFrame]] = []

    def read(self, since_s: float = -inf) -> pd.DataFrame:
        """Return all rows written so far, or those batches in which any ended at a time or later.

        So measuring a block's last plateau need not go through all those before it.
        There are no columns before the file exists.
        """
        lines = self._new_lines()
        if self._header and (lines or not self._batches):
            batch = _parse(self._header + lines)
            ends = batch["start_s"] + batch["latency_ms"] / 1000
            self._batches.append((float(ends.max()), batch))
        # A batch of rows without a latency ends nobody knows when (NaN): it stays.
        batches = [batch for last_s, batch in self._batches if not last_s < since_s]
        header = [batch.head(0) for _, batch in self._batches[:1]]
        return pd.concat(batches or header or [pd.DataFrame()], ignore_index=True)

    def _new_lines(self) -> bytes:
        """Return the whole lines written since the last call.

        As bytes: offsets in a file count those, and a write that is only half done may end within
        a character.
        """
        if not self._path.exists():
            return b""
        with self._path.open("rb") as rows:
            header = rows.readline()
            if not header.endswith(b"\n"):
                return b""
            self._header = header
            start = max(self._read, len(self._header))
            rows.seek(start)
            rest = rows.read()
        whole = rest[: rest.rfind(b"\n") + 1]
        self._read = start + len(whole)
        return whole


def complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with all columns of harness.core.request_row, of its kinds, and any others.

    A column that the rows lack is empty: an earlier version did not record it.
    """
    return rows.assign(**{column.name: _cells(rows, column) for column in COLUMNS})


def _cells(rows: pd.DataFrame, column: Column) -> "pd.Series[Any]":
    text = column.kind == "text"
    if column.name not in rows:
        return pd.Series("" if text else nan, rows.index, "object" if text else "float64")
    return rows[column.name].fillna("") if text else rows[column.name].astype("float64")


def _parse(lines: bytes) -> pd.DataFrame:
    texts = {column.name: "object" for column in COLUMNS if column.kind == "text"}
    return complete(pd.read_csv(io.BytesIO(lines), dtype=texts))
