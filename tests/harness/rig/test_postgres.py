"""Where the programs of PostgreSQL are taken from; tests of `database` run them."""

from pathlib import Path

import pytest

from harness.rig import postgres


def test_programs_where_nobody_may_go_are_copied_with_their_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's PostgreSQL runs as nobody; everybody else's as themselves, who may go there."""
    site, folder = tmp_path / "site", tmp_path / "folder"
    for name in (postgres.PACKAGE, f"{postgres.PACKAGE}.libs"):
        (site / name).mkdir(parents=True)
    (site / postgres.PACKAGE / "__init__.py").touch()
    site.chmod(0o700)
    folder.mkdir()
    monkeypatch.syspath_prepend(site)
    assert postgres._package(folder, for_others=False) == site / postgres.PACKAGE
    assert list(folder.iterdir()) == []
    assert postgres._package(folder, for_others=True) == folder / postgres.PACKAGE
    assert (folder / f"{postgres.PACKAGE}.libs").is_dir()
