"""The verbs that are run whole, each in a folder of its own that is looked through afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench, leftovers, tidy
from tests.support.check import Check
from tests.support.repositories import worktrees


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Yield a bench, and see that it leaves nothing behind."""
    with tidy(tmp_path) as bench:
        yield bench


@pytest.fixture
def check(tmp_path: Path) -> Iterator[Check]:
    """Yield a check, and see that it leaves nothing behind but its documents."""
    check = Check(tmp_path)
    yield check
    assert leftovers(check.temporary) == []
    assert list(check.temporary.iterdir()) == []
    assert worktrees(check.site) == [str(check.site)]
