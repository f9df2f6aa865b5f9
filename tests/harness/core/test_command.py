"""The command line that a deployment is started with."""

import sys
from pathlib import Path

from harness.core.command import command, entry_point, is_encrypted
from harness.core.plan import Deployment
from harness.core.plan_file import parse
from tests.support.plans import TINY


def test_placeholders_are_filled_and_nothing_else_is_touched() -> None:
    """A command is a list of words, never a line for a shell."""
    plan = parse(TINY, "tiny.toml")
    deployment = Deployment(
        name="x", interface="wsgi", views="sync", command=("{python}", "$HOME; {wsgi}", "{port}")
    )
    words = command(plan.application, deployment, "127.0.0.1", 8000)
    assert words[1:] == ("$HOME; config.wsgi:application", "8000")


def test_a_placeholder_within_a_word_is_filled() -> None:
    """As many as there are."""
    plan = parse(TINY.replace('"{wsgi}"', '"--module={wsgi}"'), "tiny.toml")
    words = command(plan.application, plan.deployments[0], "127.0.0.1", 8000)
    assert words[3:] == ("--module=config.wsgi:application", "--bind=127.0.0.1:8000")


def test_a_program_beside_the_interpreter_is_found_by_its_folder() -> None:
    """And what it serves is as much within reach as what the interpreter serves."""
    plan = parse(TINY, "tiny.toml")
    words = ("{bin}/uwsgi", "--http={host}:{port}", "--module={wsgi}")
    deployment = Deployment(name="x", interface="wsgi", command=words)
    program, *_ = command(plan.application, deployment, "127.0.0.1", 8000)
    assert program == str(Path(sys.executable).parent / "uwsgi")
    assert entry_point(plan.application, deployment) == "config.wsgi:application"
    elsewhere = deployment.model_copy(update={"command": ("uwsgi", *words[1:])})
    assert entry_point(plan.application, elsewhere) is None


def test_a_certificate_is_in_the_folder_that_the_start_made_for_it() -> None:
    """Who asks for one is encrypted, and all others are not."""
    plan = parse(TINY, "tiny.toml")
    words = ("{python}", "--certfile={certificate}", "--keyfile={key}", "{port}")
    deployment = Deployment(name="x", interface="asgi", command=words)
    filled = command(plan.application, deployment, "127.0.0.1", 8000, Path("/keys"))
    assert filled[1:3] == ("--certfile=/keys/certificate.pem", "--keyfile=/keys/key.pem")
    assert is_encrypted(deployment)
    assert not is_encrypted(plan.deployments[0])
