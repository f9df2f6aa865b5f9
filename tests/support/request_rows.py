"""Build the rows of a request log by hand."""

from typing import Any

import pandas as pd

from harness.core.request_row import COLUMNS
from harness.rig.request_log import complete


def request_rows(columns: dict[str, Any]) -> pd.DataFrame:
    """Build rows from some of a log's columns, and refuse any other; the rest is empty."""
    unknown = columns.keys() - {column.name for column in COLUMNS}
    assert not unknown, f"no columns of a request log: {unknown}"
    return complete(pd.DataFrame(columns))
