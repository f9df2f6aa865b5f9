"""The files for containers: their schema, what they let in and out, and that their commands run.

No container engine takes part: the commands are started as processes of this machine.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.patience import PATIENCE_S
from tests.support.serving import PROJECT, free_port, running

COMPOSE = Path("deploy/compose.yaml")
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
PAGE = Path("docs/containers.md")


def compose() -> Any:
    """Parse the file."""
    return YAML(typ="safe").load(COMPOSE)


def words(service: str, **variables: str) -> list[str]:
    """Return the words that a service is started by, its variables filled, else their defaults."""
    parts = compose()["services"][service]
    given = [*parts.get("entrypoint", ()), *parts.get("command", ())]
    return [VARIABLE.sub(lambda match: variables.get(match[1], match[2]), word) for word in given]


def valid(path: Path) -> bool:
    """Tell whether a file follows the schema of the Compose specification."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    argv = [str(tool), "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(argv, capture_output=True).returncode == 0


def test_the_file_follows_the_schema_of_compose(tmp_path: Path) -> None:
    """And a key that is misspelt would not."""
    assert valid(COMPOSE)
    spoilt = tmp_path / "compose.yaml"
    spoilt.write_text(COMPOSE.read_text().replace("cpuset:", "cpu_set:", 1))
    assert not valid(spoilt)


def test_nothing_is_published_and_the_network_leads_nowhere() -> None:
    """Load goes to the containers of the file and to nobody else."""
    file = compose()
    assert file["networks"] == {"bench": {"internal": True}}
    for service in file["services"].values():
        assert service["networks"] == ["bench"]
        assert not {"ports", "network_mode", "privileged"} & service.keys()


def test_server_and_load_have_cores_of_their_own_and_limits() -> None:
    """By default the first core serves, and the second has everything else, as in a run."""
    cores = {name: service["cpuset"] for name, service in compose()["services"].items()}
    assert cores.pop("server") == "${SERVER_CORES:-0}"
    assert set(cores.values()) == {"${LOAD_CORES:-1}"}
    assert all("cpus" in service for service in compose()["services"].values())


def test_the_page_names_the_variables_that_the_file_has() -> None:
    """Each with its default."""
    defaults = dict(VARIABLE.findall(COMPOSE.read_text()))
    assert dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE.read_text(), re.M)) == defaults


def test_the_resource_for_kubernetes_starts_the_same_locust() -> None:
    """By the words of the compose file, but for those that wait for files nobody keeps there."""
    (text,) = re.findall(r"```yaml\n(apiVersion: locust\.io/v1\n.*?)```", PAGE.read_text(), re.S)
    resource = YAML(typ="safe").load(text)
    assert resource["kind"] == "LocustTest"
    spec = resource["spec"]
    assert spec["workers"] == 2
    of_master = words("master")[3:]  # after python -m locust
    files = ("--requests", "--plateaus")
    plain = [word for word in of_master if word != "--master" and not word.startswith(files)]
    assert Counter(spec["args"].replace('"', "").split()) == Counter(" ".join(plain).split())


@contextmanager
def started(argv: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[Any]:
    """Run a process of its own in the background."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            argv,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def here(service: str, folder: Path, places: Mapping[str, str], **variables: str) -> list[str]:
    """Return a service's words for this machine: its interpreter, addresses, a folder."""
    text = "\n".join(words(service, **variables))
    replaced = {"0.0.0.0": "127.0.0.1", "/results": str(folder), "=master": "=127.0.0.1", **places}
    for old, new in replaced.items():
        text = text.replace(old, new)
    _, *rest = text.split("\n")
    return [sys.executable, *rest]


@pytest.mark.long
def test_the_commands_load_the_server_by_two_workers(tmp_path: Path) -> None:
    """Each writes the rows of its own users: 8 of them that wait 20 ms."""
    port = str(free_port())
    scripts = {"PYTHONPATH": f"{PROJECT / 'scripts'}"}
    settings = {"USERS": "2,8", "WAIT_MS": "20", "MEASURE_S": "1"}
    with ExitStack() as stack:
        upstream = here("upstream", tmp_path, {"--port=9000": "--port={port}"})
        service = running(upstream, tmp_path / "upstream.log", variables=scripts)
        url = stack.enter_context(service).url
        serve = here("server", tmp_path, {"--port=8000": "--port={port}"})
        log = tmp_path / "server.log"
        serving = running(serve, log, PROJECT / "app", {"UPSTREAM_URL": url})
        places = {"http://server:8000": stack.enter_context(serving).url}
        master = [*here("master", tmp_path, places, **settings), f"--master-bind-port={port}"]
        worker = [*here("worker", tmp_path, places, **settings), f"--master-port={port}"]
        for number in range(2):
            stack.enter_context(started(worker, tmp_path / f"worker-{number}.log", scripts))
        done = stack.enter_context(started(master, tmp_path / "master.log", scripts))
        assert done.wait(PATIENCE_S) == 0, (tmp_path / "master.log").read_text()
    plateaus = [json.loads(line) for line in (tmp_path / "plateaus.jsonl").read_text().splitlines()]
    assert [plateau["users"] for plateau in plateaus] == [2, 8]
    files = sorted(tmp_path.glob("requests-*.csv"))
    rows = [list(csv.DictReader(file.read_text().splitlines())) for file in files]
    assert len(rows) == 2
    for of_worker in rows:
        assert {row["error"] for row in of_worker} == {""}
        assert [row for row in of_worker if row["plateau"] == "8"]
