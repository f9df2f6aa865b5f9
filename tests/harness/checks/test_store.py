"""Where a check is kept."""

from pathlib import Path

import pytest

from harness.checks.store import fresh_folder
from harness.core.errors import BenchError


def test_a_check_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """An earlier one is never overwritten."""
    assert fresh_folder(tmp_path / "checks", "it", "default").is_dir()
    with pytest.raises(BenchError, match="it is there already; choose another name"):
        fresh_folder(tmp_path / "checks", "it", "default")
    assert fresh_folder(tmp_path, None, "default").name.startswith("default-2")
