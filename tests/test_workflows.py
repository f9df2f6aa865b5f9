"""The workflow of this repository and the action that others use: valid, safe, and it runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.bench import UVICORN, leftovers, plan
from tests.support.check import PLAIN, VIEW, slow_down
from tests.support.repositories import commit, git, worktrees

WORKFLOW, ACTION = Path(".github/workflows/performance.yml"), Path("action.yml")
SCHEMAS = {WORKFLOW: "vendor.github-workflows", ACTION: "vendor.github-actions"}


def read(path: Path) -> Any:
    """Parse a file as YAML 1.2, in which `on` is a word."""
    return YAML(typ="safe").load(path)


def jobs() -> Any:
    """Give the steps of the workflow's one job."""
    (job,) = read(WORKFLOW)["jobs"].values()
    return job["steps"]


def steps() -> list[Any]:
    """List all steps of both files."""
    return [*jobs(), *read(ACTION)["runs"]["steps"]]


def valid(path: Path, schema: str) -> bool:
    """Tell whether a file follows a schema that check-jsonschema brings along."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    words = [str(tool), "--builtin-schema", schema, str(path)]
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.mark.parametrize("path", SCHEMAS, ids=str)
def test_both_files_follow_their_schema(path: Path, tmp_path: Path) -> None:
    """And a key that is misspelt would not."""
    assert valid(path, SCHEMAS[path])
    spoilt = tmp_path / path.name
    spoilt.write_text(path.read_text().replace("steps:", "stepz:", 1))
    assert not valid(spoilt, SCHEMAS[path])


def test_the_workflow_may_read_and_nothing_else() -> None:
    """What a pull request brings runs in it; its token is not left on the disk."""
    assert read(WORKFLOW)["permissions"] == {"contents": "read"}
    assert list(read(WORKFLOW)["on"]) == ["pull_request"]
    checkout = jobs()[0]["with"]
    assert checkout == {"fetch-depth": 0, "persist-credentials": False}


def test_no_expression_stands_in_a_script() -> None:
    """An input or a branch's name would be run as part of it."""
    scripts = [step["run"] for step in steps() if "run" in step]
    assert len(scripts) == 3
    assert not [script for script in scripts if "${{" in script]


def test_actions_of_others_are_pinned_to_a_major_version() -> None:
    """None follows a branch."""
    used = [step["uses"] for step in steps() if "uses" in step]
    assert "./" in used
    assert all(re.fullmatch(r"\./|[\w-]+/[\w-]+@v\d+", each) for each in used)


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    """Inputs that there are, those required among them, and outputs that it has."""
    inputs, outputs = read(ACTION)["inputs"], read(ACTION)["outputs"]
    (use,) = [step for step in jobs() if step.get("uses") == "./"]
    required = {name for name, each in inputs.items() if each.get("required")}
    assert required <= set(use["with"]) <= set(inputs)
    asked = set(re.findall(r"steps\.check\.outputs\.(\w+)", WORKFLOW.read_text()))
    assert asked and asked <= set(outputs)


def test_every_make_target_that_is_run_is_there() -> None:
    """Else the set-up fails on somebody else's machine first."""
    targets = re.findall(r"make -C \S+ (\S+)", "\n".join(step.get("run", "") for step in steps()))
    assert targets
    subprocess.run(["make", "--dry-run", *targets], check=True, capture_output=True)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the step of the action ended, and what it left for the run to show."""

    status: int
    errors: str
    outputs: dict[str, str]
    summary: str


class Caller:
    """A repository that uses the action, on a runner of its own."""

    def __init__(self, folder: Path) -> None:
        self.site, self.temporary = folder / "site", folder / "temporary"
        self.temporary.mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        shutil.copytree("app", self.site / "app", ignore=shutil.ignore_patterns("__pycache__"))
        (self.site / ".gitignore").write_text("__pycache__/\n")
        text = plan(UVICORN, PLAIN, head="rounds = 6\n")
        text = text.replace("loadtests/plain.py", "load/plain.py")
        text = text.replace("[1, 4]", "[8]").replace("measure_s = 1", "measure_s = 0.6")
        locustfile = Path("loadtests/plain.py").read_text()
        commit(self.site, "left", {"check.toml": text, "load/plain.py": locustfile})

    def run(self, branch: str = "", **inputs: str) -> Ended:
        """Run the script of the action's step as a runner does, from the repository's top."""
        (step,) = [step for step in read(ACTION)["runs"]["steps"] if step.get("id") == "check"]
        given = {name: each.get("default", "") for name, each in read(ACTION)["inputs"].items()}
        variables = {name: filled(value, given | inputs) for name, value in step["env"].items()}
        script = self.temporary.with_name("script")
        script.write_text(step["run"])
        done = subprocess.run(
            [*("bash", "--noprofile", "--norc", "-eo", "pipefail"), str(script)],
            cwd=self.site,
            env={**os.environ, **self.variables(), "GITHUB_BASE_REF": branch, **variables},
            capture_output=True,
            text=True,
        )
        outputs = dict(line.split("=", 1) for line in self.output.read_text().splitlines())
        return Ended(done.returncode, done.stderr, outputs, self.summary.read_text())

    def variables(self) -> dict[str, str]:
        """Name the folders and files that a runner has."""
        return {
            "GITHUB_ACTION_PATH": str(Path.cwd()),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.temporary),
            "TMPDIR": str(self.temporary),
        }


def filled(value: str, inputs: dict[str, str]) -> str:
    """Put inputs in place of their expressions."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], value)


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    """Give a caller, and see that nothing is left but the documents."""
    caller = Caller(tmp_path)
    yield caller
    assert leftovers(caller.temporary) == []
    assert {path.name[:7] for path in caller.temporary.iterdir()} == {"checks-"}
    assert worktrees(caller.site) == [str(caller.site)]


@pytest.mark.long
def test_a_pull_request_is_compared_with_where_it_left_its_target(caller: Caller) -> None:
    """By a plan in the caller's repository; main, which has moved on since, counts for nothing."""
    left = git(caller.site, "rev-parse", "left")
    commit(caller.site, "moved", {"app/config/asgi.py": "no python"})
    git(caller.site, "update-ref", "refs/remotes/origin/main", "moved")
    git(caller.site, "checkout", "--quiet", "--detach", "left")
    head = commit(caller.site, "slow", {VIEW: slow_down((caller.site / VIEW).read_text())})
    ended = caller.run("main", plan="check.toml", name="a name")
    assert (ended.status, ended.errors) == (1, "")
    folder = Path(ended.outputs.pop("folder"))
    assert ended.outputs == {"status": "1", "verdict": "regressed"}
    assert ended.summary == (folder / "check.md").read_text()
    assert ended.summary.startswith(f"# regressed: working tree, {head[:12]} against {left}")
    assert folder.name == "a name"
    assert json.loads((folder / "check.json").read_text())["base"] == f"{left}, {left[:12]}"


def test_a_check_that_cannot_run_says_so_and_takes_every_input(caller: Caller) -> None:
    """Whatever stands in them: nothing of it is run as a command or read as an option."""
    odd = "$(touch hit)`touch hit`; touch hit"
    ended = caller.run(
        **{"plan": odd, "base": "--help", "head": odd, "strict": "true", "instructions": odd}
    )
    assert ended.status == 2
    assert ended.errors.startswith(f"error: {odd}: cannot read the plan")
    assert ended.outputs["status"] == "2"
    assert ended.outputs["verdict"] == "failed"
    assert ended.summary == "The check could not be carried out; its log says why.\n"
    assert not list(caller.site.rglob("hit"))


def test_without_a_pull_request_a_base_has_to_be_named(caller: Caller) -> None:
    """As on a push; and one that a shallow checkout lacks is named with the cure."""
    assert "the check needs a git ref to compare with" in caller.run(plan="check.toml").errors
    caller.output.unlink()
    shallow = caller.run("main", plan="check.toml").errors
    assert "no commit origin/main" in shallow and "git fetch --unshallow" in shallow
