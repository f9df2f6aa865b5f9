"""What a plan's `paths` ask for: `locust -f paths.py --paths paths.json --think-ms 5000`.

The file is a JSON list. An entry is a path, or an object with the keys that `paths` has in a plan:
`path`, `name`, `weight`, `words`, `method`, `data`, `json`, `headers`, `status`. Files of words are
relative to it.
"""

import json
import random
import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from locust import events, task
from locust.contrib.fasthttp import FastRequest, LocustBadStatusCode
from locust.env import Environment

from _client import Client

PLACEHOLDER = re.compile(r"\{(\w+)\}")

REDIRECTS = 30
"""How many redirects in a row are followed, as browsers and requests have it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that users choose as often as its weight says."""

    path: str
    name: str = ""
    weight: float = 1
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The values that each `{placeholder}` of the path draws from, percent-encoded."""
    method: str = "GET"
    data: str | dict[str, str] | None = None
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None

    def address(self) -> str:
        """Draw a value for each placeholder."""
        return PLACEHOLDER.sub(lambda each: random.choice(self.words[each[1]]), self.path)


def entries(file: Path) -> list[Entry]:
    """Read the file of paths; raise ValueError, TypeError or OSError where it cannot be asked."""
    given = json.loads(file.read_text())
    return [_entry(each if isinstance(each, dict) else {"path": each}, file) for each in given]


def _entry(given: dict[str, Any], file: Path) -> Entry:
    path, files = given["path"], given.get("words", {})
    names = set(PLACEHOLDER.findall(path))
    if isinstance(files, str):
        files = dict.fromkeys(names, files)
    words = {name: _words(file.parent / files[name]) for name in names}
    return Entry(**{"name": path, **given, "words": words})


def _words(file: Path) -> tuple[str, ...]:
    """Read one value a line, encoded so that it stays within its place in a path."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    words = tuple(quote(line.strip(), safe="") for line in lines if line.strip())
    if not words:
        raise ValueError(f"{file}: no words, one a line")
    return words


class OwnSite(FastRequest):
    """Follow no redirect to another server: its answers would be measured as this one's."""

    def redirect(self, code: int, location: str) -> None:
        asked = self.url
        super().redirect(code, location)
        if not self._is_same_origin():
            raise LocustBadStatusCode(asked, f"redirects to another server, {self.host}", code=code)


class Visitor(Client):
    """Choose one of the paths, ask, think; cookies are kept and redirects followed."""

    max_redirects = REDIRECTS

    entries: ClassVar[list[Entry]] = []
    cumulative: ClassVar[list[float]] = []
    """The weights of the entries, each with those before it."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client.client.request_type = OwnSite  # type: ignore[misc]

    @task
    def visit(self) -> None:
        """Ask once and accept any 2xx, redirects followed, or only the status that is expected."""
        (entry,) = random.choices(self.entries, cum_weights=self.cumulative)
        with self.client.request(
            entry.method,
            entry.address(),
            entry.name,
            entry.data,
            catch_response=True,
            headers=dict(entry.headers),
            json=entry.json,
            allow_redirects=entry.status is None,
        ) as answer:
            code = answer.status_code
            good = 200 <= code < 300 if entry.status is None else code == entry.status
            if good:
                answer.success()
            elif code:
                wanted = entry.status or "2xx"
                answer.failure(LocustBadStatusCode(entry.name, f"expected {wanted}", code=code))
        self.ledger.failed = not good


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Paths")
    # No Path: Locust's master sends its options to workers, and could not.
    group.add_argument("--paths", help="JSON file of what to ask for")


@events.init.add_listener
def _read_paths(environment: Environment, **_: Any) -> None:
    """Let all users choose from the file of paths, or end where there is none."""
    options = environment.parsed_options
    if options is None or options.paths is None:
        sys.exit("nothing to ask for: name a JSON list of paths, --paths paths.json")
    try:
        Visitor.entries = entries(Path(options.paths))
        Visitor.cumulative = list(accumulate(entry.weight for entry in Visitor.entries))
        random.choices(Visitor.entries, cum_weights=Visitor.cumulative)
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        sys.exit(f"{options.paths}: not a list of paths ({error!r}); see the head of paths.py")
