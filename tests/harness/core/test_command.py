"""The command line that a deployment is started with."""

from harness.core.command import command
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
