"""`make models`: its arguments, and a short run of it all."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.verbs import call


@pytest.mark.parametrize(
    ("bad", "cure"),
    [
        ("--tasks=0", "list numbers from 1 to 10,000, such as 1,10,100"),
        ("--tasks=10001", "list numbers from 1 to 10,000"),
        ("--tasks=ten", "list numbers from 1 to 10,000"),
        ("--rounds=0", "from 1 on"),
        ("--page=no/page.md", "no/page.md: cannot be read"),
        ("--redraw=none", "none: no finished run there"),
    ],
)
def test_a_bad_argument_gets_one_line(bad: str, cure: str, tmp_path: Path) -> None:
    """With the cure, and the exit status 2; nothing is measured."""
    status, output, errors = call("models", bad, f"--results={tmp_path}")
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1 and cure in errors
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_a_short_run_fills_in_a_page_and_can_be_drawn_again(tmp_path: Path) -> None:
    """All models, one round of one task and of those that are drawn; the same page both times."""
    page = tmp_path / "page.md"
    page.write_text("<!-- models: waits -->\n<!-- end -->\n")

    def models(*words: str) -> str:
        argv = [sys.executable, "scripts/models.py", f"--results={tmp_path}", f"--page={page}"]
        done = subprocess.run([*argv, *words], capture_output=True, text=True, check=True)
        return done.stdout

    printed = models("--tasks=1", "--rounds=1", "--name=run")
    filled = page.read_text()
    for model in ("sequential", "processes-4", "threads-4", "threads-n", "asyncio"):
        assert f" {model} " in printed and f"| `{model}` |" in filled
    assert "n = 10 |" in filled
    assert printed.endswith(f"report: {tmp_path / 'run' / 'models.md'}\n")
    page.write_text("<!-- models: waits -->\n<!-- end -->\n")
    models("--redraw=run")
    assert page.read_text() == filled
