"""Where a check is kept."""

from pathlib import Path

import pytest

from harness.checks.store import fresh_folder
from harness.core.errors import BenchError
from harness.core.plan_file import parse
from tests.support.bench import UVICORN, WAIT, plan


def test_a_check_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """An earlier one is never overwritten."""
    chosen = parse(plan(UVICORN, WAIT), "it.toml")
    assert fresh_folder(tmp_path / "checks", "it", chosen).is_dir()
    with pytest.raises(BenchError, match="it is there already; name another check"):
        fresh_folder(tmp_path / "checks", "it", chosen)
    assert fresh_folder(tmp_path, None, chosen).name.startswith(f"{chosen.name}-2")
