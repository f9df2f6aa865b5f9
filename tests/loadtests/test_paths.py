"""Paths instead of a locustfile: weights, names, words and expected statuses, by a real Locust."""

import csv
import json
import subprocess
import sys
from collections import Counter
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.loadtests.locusts import LOADTESTS, locust
from tests.support.patience import PATIENCE_S
from tests.support.site import Asked, site

PATHS = LOADTESTS / "paths.py"
WORDS = ("plain", "two words", "a&b=c", "größe/50%")

ENTRIES = [
    "/",
    {"path": "/search/?q={word}", "weight": 3, "words": "words.txt"},
    {
        "path": "/{lang}/{word}/",
        "words": {"lang": "langs.txt", "word": "words.txt"},
        "name": "page",
    },
    {"path": "/form/", "method": "POST", "data": {"a": "1 2"}, "headers": {"X-Token": "t"}},
    {"path": "/api/", "method": "POST", "json": {"a": [1]}, "status": 201},
    {"path": "/old"},
    {"path": "/old?kept", "status": 302},
    {"path": "/old?strict", "status": 200},
    {"path": "/gone", "status": 404},
    {"path": "/gone?why"},
    {"path": "/away"},
]
WEIGHTS = len(ENTRIES) + 2
USERS = 4

Visited = tuple[list[Asked], dict[tuple[str, str], dict[str, str]]]


def write(folder: Path, entries: list[Any]) -> Path:
    """Write a file of paths with its files of words beside it."""
    (folder / "words.txt").write_text("\n".join(WORDS) + "\n\n", encoding="utf-8")
    (folder / "langs.txt").write_text("de\n", encoding="utf-8")
    file = folder / "paths.json"
    file.write_text(json.dumps(entries))
    return file


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visited:
    """Visit all kinds of paths for a few seconds: what the site was asked, Locust's statistics."""
    folder = tmp_path_factory.mktemp("paths")
    file = write(folder, ENTRIES)
    with site() as server:
        flags = (f"-u{USERS}", f"-r{USERS}", "-t6s", "--think-ms=5", f"--paths={file}", "--csv=it")
        locust((PATHS,), server.url, folder, *flags)
        asked = list(server.asked)
    with (folder / "it_stats.csv").open(newline="") as rows:
        return asked, {(row["Type"], row["Name"]): row for row in csv.DictReader(rows)}


def test_each_entry_has_a_row_of_its_own_in_the_statistics(visited: Visited) -> None:
    """By its path as written, or by the name that it was given; never by what words made of it."""
    _, rows = visited
    assert set(rows) - {("", "Aggregated")} == {
        *(("GET", "/"), ("GET", "/search/?q={word}"), ("GET", "page"), ("POST", "/form/")),
        *(("POST", "/api/"), ("GET", "/old"), ("GET", "/old?kept"), ("GET", "/old?strict")),
        *(("GET", "/gone"), ("GET", "/gone?why"), ("GET", "/away")),
    }


def test_paths_are_asked_for_as_often_as_they_weigh(visited: Visited) -> None:
    """Of n requests an entry of weight w gets n w / 13, within four binomial deviations."""
    _, rows = visited
    n = int(rows["", "Aggregated"]["Request Count"])
    assert n > 300
    for (_, name), weight in {("GET", "/search/?q={word}"): 3, ("GET", "/"): 1}.items():
        share = weight / WEIGHTS
        count = int(rows["GET", name]["Request Count"])
        assert count == pytest.approx(n * share, abs=4 * sqrt(n * share * (1 - share)))


def test_words_stay_within_their_place_in_the_path(visited: Visited) -> None:
    """Percent-encoded: a space, `&`, `/`, `%` or an umlaut adds no parameter and no folder."""
    asked, _ = visited
    encoded = {"plain", "two%20words", "a%26b%3Dc", "gr%C3%B6%C3%9Fe%2F50%25"}
    paths = {each.path for each in asked}
    assert {path for path in paths if path.startswith("/search/")} == {
        f"/search/?q={word}" for word in encoded
    }
    assert {path for path in paths if path.startswith("/de/")} == {
        f"/de/{word}/" for word in encoded
    }


def test_bodies_and_headers_are_sent_as_written(visited: Visited) -> None:
    """A table as a form, json as JSON."""
    asked, _ = visited
    posted = {(each.path, each.body, each.token) for each in asked if each.method == "POST"}
    assert posted == {("/form/", "a=1+2", "t"), ("/api/", '{"a": [1]}', None)}


def test_what_counts_as_an_error_follows_the_expected_status(visited: Visited) -> None:
    """Any 2xx after redirects without one; with one the path itself must answer it."""
    _, rows = visited
    failing = {
        name: row["Failure Count"] == row["Request Count"]
        for (_, name), row in rows.items()
        if row["Failure Count"] != "0"
    }
    aggregated = failing.pop("Aggregated")
    assert failing == {"/old?strict": True, "/gone?why": True, "/away": True}
    assert not aggregated


def test_redirects_are_followed_with_cookies_unless_a_status_is_expected(visited: Visited) -> None:
    """Each GET of /old leads to one of /new, which gets the cookie; /old?kept leads nowhere.

    The end of the run may cut off each of the four users between the two.
    """
    asked, _ = visited
    counts = Counter(each.path for each in asked)
    assert 0 < counts["/old"] - USERS <= counts["/new"] <= counts["/old"]
    assert {each.cookie for each in asked if each.path == "/new"} == {"seen=old"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "FileNotFoundError"),
        ("[", "JSONDecodeError"),
        ("[]", "IndexError"),
        ('[{"path": "/", "wieght": 2}]', "unexpected keyword argument 'wieght'"),
        ('[{"path": "/{word}"}]', "KeyError('word')"),
        ('[{"path": "/{word}", "words": "paths.words"}]', "paths.words: no words"),
    ],
)
def test_a_file_that_is_no_list_of_paths_ends_locust_with_one_line(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    """With its name and where the format is told."""
    file = tmp_path / "paths.json"
    if content is not None:
        file.write_text(content)
    (tmp_path / "paths.words").write_text("\n")
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(PATHS), "--headless", f"--paths={file}"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(LOADTESTS), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if str(file) in line][-1:]
    assert f"{file}: not a list of paths" in line and reason in line
