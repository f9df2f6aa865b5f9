"""`make open`: the newest report in a browser, or its path where nobody can look."""

import os
from pathlib import Path

import pytest

from tests.support.histories import finished_run
from tests.support.verbs import call

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a results folder with an old and a new report; there is no display."""
    for variable in DISPLAYS:
        monkeypatch.delenv(variable, raising=False)
    for age_s, name in enumerate(("new", "old")):
        page = finished_run(tmp_path, name).write_page("html", name)
        os.utime(page, (1_000_000 - age_s,) * 2)
    finished_run(tmp_path, "undrawn")
    return tmp_path


def test_without_a_display_the_path_of_the_newest_report_is_printed(results: Path) -> None:
    """No browser of the terminal is started: it shows no charts."""
    hint = "no browser here: open it where there is one"
    page = results / "new" / "report.html"
    assert call("open", f"--results={results}") == (0, f"report: {page} ({hint})\n", "")


def test_a_browser_gets_the_report_of_the_run_that_is_named(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it is a program that writes down what it is to show."""
    shown = tmp_path / "shown"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    page = results / "old" / "report.html"
    assert call("open", "old", f"--results={results}") == (0, f"report: {page}\n", "")
    assert shown.read_text() == f"{page.as_uri()}\n"


def test_a_run_without_a_report_says_what_draws_it(results: Path) -> None:
    """One line."""
    page = results / "undrawn" / "report.html"
    message = f"error: {page}: not drawn yet; `make report RUN=undrawn` draws it\n"
    assert call("open", "undrawn", f"--results={results}") == (2, "", message)


def test_without_any_report_the_quickest_way_to_one_is_named(tmp_path: Path) -> None:
    """A newcomer tries this first."""
    message = f"error: {tmp_path}: no report there yet; `make quick` makes a first one\n"
    assert call("open", f"--results={tmp_path}") == (2, "", message)
