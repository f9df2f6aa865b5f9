"""Which deployments of a plan are one server with several numbers of workers. Pure."""

from collections.abc import Iterable

from harness.core.launch import Launch, program
from harness.core.plan import Application, Deployment, Plan
from harness.core.summary import WorkerFamily


def worker_families(plan: Plan, cores: int) -> tuple[WorkerFamily, ...]:
    """Return the families of each scenario, in the order of the plan; so many `cores` serve.

    In an open loop there is none: the plan sets the rate, whatever serves.
    """
    return tuple(
        WorkerFamily(scenario.name, cores, members)
        for scenario in plan.scenarios
        if plan.load_of(scenario).model == "closed"
        for members in _families(plan.application, plan.against(scenario))
    )


def _families(
    application: Application, deployments: Iterable[Deployment]
) -> Iterable[dict[str, int]]:
    """Yield the number of workers by deployment of those that differ in nothing else.

    Of two labels with the same number the first one counts.
    """
    families: dict[str, dict[int, str]] = {}
    for deployment in deployments:
        variables = application.environment | deployment.environment
        launch = Launch(program(deployment.command), variables)
        if launch.profile and launch.profile.workers and launch.workers:
            command = launch.with_values({launch.profile.workers: 1})
            alike = {"name": "one", "slots": None, "command": command}
            key = deployment.model_copy(update=alike).model_dump_json()
            families.setdefault(key, {}).setdefault(launch.workers, deployment.name)
    for by_number in families.values():
        if len(by_number) > 1:
            yield {name: number for number, name in sorted(by_number.items())}
