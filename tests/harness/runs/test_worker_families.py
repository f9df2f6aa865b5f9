"""Which deployments are one server with several numbers of workers."""

from harness.core.plan import Deployment, Load
from harness.core.summary import WorkerFamily
from harness.runs.worker_families import worker_families
from tests.support.builders import deployment, plan, scenario

PLAIN = scenario("plain")


def gthread(name: str, *words: str) -> Deployment:
    """Build a deployment of Gunicorn."""
    command = ("{python}", "-m", "gunicorn", "{wsgi}", *words)
    return deployment(name, "wsgi").model_copy(update={"command": command})


def families(*deployments: Deployment) -> list[dict[str, int]]:
    """List the families of a plan of one scenario, by deployment."""
    whole = plan(deployments=deployments, scenarios=(PLAIN,))
    return [family.workers for family in worker_families(whole, 4)]


def test_deployments_that_differ_in_workers_alone_are_a_family_the_fewest_first() -> None:
    """However the flag is spelt, and wherever it stands; slots follow from workers."""
    four = gthread("four", "-w", "4", "--threads=8").model_copy(update={"slots": 32})
    two = gthread("two", "--threads=8", "--workers=2").model_copy(update={"slots": 16})
    whole = plan(deployments=(four, two), scenarios=(PLAIN,))
    assert worker_families(whole, 4) == (WorkerFamily("plain", 4, {"two": 2, "four": 4}),)


def test_another_flag_or_variable_makes_another_server() -> None:
    """As do views; and who is alone is no family."""
    one, two = gthread("one", "--workers=1"), gthread("two", "--workers=2")
    variable = two.model_copy(update={"environment": {"PYTHONOPTIMIZE": "1"}})
    assert families(one, gthread("two", "--workers=2", "--threads=8")) == []
    assert families(one, variable) == []
    assert families(one, two.model_copy(update={"views": "async"})) == []
    assert families(one) == []


def test_two_labels_of_one_deployment_are_no_scaling() -> None:
    """Of equal numbers the first label counts; an unknown server has none."""
    one, again, two = (gthread(name, f"-w{name[-1]}") for name in ("a1", "again1", "two2"))
    assert families(one, again) == []
    assert families(one, again, two) == [{"a1": 1, "two2": 2}]
    unknown = [each.model_copy(update={"command": ("my", each.name)}) for each in (one, two)]
    assert families(*unknown) == []


def test_arrivals_of_a_given_rate_show_no_scaling() -> None:
    """In an open loop the plan sets the rate, whatever serves."""
    open_load = Load(rates_rps=(10,), settle_s=1, measure_s=1)
    opened = PLAIN.model_copy(update={"load": open_load})
    servers = (gthread("one", "-w1"), gthread("two", "-w2"))
    assert worker_families(plan(deployments=servers, scenarios=(opened,)), 4) == ()
