"""What a deployment is launched with, by a plan and the files that it names."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.host.launches import launch, source, variables
from tests.support.builders import DEPLOYMENTS


def test_what_is_nearer_to_the_deployment_goes_before(tmp_path: Path) -> None:
    """The env file, then the application, then the deployment."""
    env_file = tmp_path / ".env"
    env_file.write_text("A=file\nB=file\nC=file\n")
    application = Application(
        directory=tmp_path, env_file=env_file, environment={"B": "application", "C": "application"}
    )
    deployment = DEPLOYMENTS[0].model_copy(update={"environment": {"C": "deployment"}})
    expected = {"A": "file", "B": "application", "C": "deployment"}
    assert variables(application, deployment) == expected
    assert launch(application, deployment).variables == expected
    assert variables(application)["C"] == "application"


def test_a_variable_comes_from_the_nearest_place_that_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell's goes last."""
    env_file = tmp_path / ".env"
    env_file.write_text("A=file\nB=file\nC=file\n")
    application = Application(
        directory=tmp_path, env_file=env_file, environment={"B": "application", "C": "application"}
    )
    deployment = DEPLOYMENTS[0].model_copy(update={"environment": {"C": "deployment"}})
    for name in "ABCD":
        monkeypatch.setenv(name, "shell")
    assert [source(application, deployment, name) for name in ("A", "B", "C", "D", "E_")] == [
        f"application.env_file ({env_file})",
        "application.environment",
        f"environment of deployment {deployment.name}",
        "the shell",
        "",
    ]


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """With what it should be."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match=r"\.env: cannot be read \(not UTF-8 text\); name a file"):
        variables(Application(directory=tmp_path, env_file=env_file))
