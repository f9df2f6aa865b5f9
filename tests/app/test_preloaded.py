"""The WSGI entry point for masters that fork: nothing is left to a worker's first request."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"


@pytest.mark.parametrize(
    ("entry_point", "loads"), [("config.wsgi", False), ("config.wsgi_preloaded", True)]
)
def test_urls_are_loaded_with_the_preloaded_entry_point_alone(
    entry_point: str, loads: bool
) -> None:
    """Django itself leaves them to the first request."""
    code = f"import sys, {entry_point} as entry; print('config.urls' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=APP,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == str(loads)
