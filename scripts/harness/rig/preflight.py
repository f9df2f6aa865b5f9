"""Look at a site before it is measured: what each deployment serves, and whether it is the same.

Every deployment is started once and asked twice for all that its scenarios ask for: what is wrong
for one request is wrong for a million.
"""

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.core import causes, likeness
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan
from harness.host import packages, site
from harness.host.machine import Cores
from harness.rig.answers import Answer
from harness.rig.first_answers import FirstAnswers, differences, failures, first_answers
from harness.rig.servers import NotReady, Server, serve
from harness.rig.session import Services, services

SHOWN = ("settings", "DEBUG", "database", "CONN_MAX_AGE", "middleware", "django", "python")
"""The facts that a person wants to see before a run; all of them are stored."""

AT_ONCE = 2
"""How many deployments start side by side: importing a site keeps a core busy."""

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preflight:
    """What each deployment serves, as facts by name, and what a person should know of it."""

    served: Mapping[str, Facts]
    remarks: tuple[str, ...]


def preflight(plan: Plan, cores: Cores) -> Preflight:
    """Prepare the site, import every entry point, start every deployment, ask for all twice.

    Raise BenchError, with the cause and its cure, where a deployment does not serve what the plan
    asks for, or serves by other settings than the rest.
    """
    with (
        tempfile.TemporaryDirectory(prefix="preflight-") as folder,
        services(plan, Path(folder), cores) as backing,
    ):
        application = backing.known_to(plan.application)
        reaching = plan.model_copy(update={"application": application})
        return _examine(reaching, cores, backing, Path(folder))


def _examine(plan: Plan, cores: Cores, backing: Services, folder: Path) -> Preflight:
    """Do the same beside the services that the application calls; logs go to `folder`."""
    packages.check(plan.application, plan.deployments)
    site.run(plan.application, plan.application.prepare, "prepare")
    served = _served(plan)
    # An entry point may read a variable of its own without serving anything else for it.
    but = (site.SHELL, *likeness.version_facts(plan.deployments))
    differing = likeness.of_settings(served, but)
    if differing and not plan.application.allow_different_settings:
        raise BenchError(
            f"deployments serve by different settings: {differing[0]}; let both entry points name "
            "one DJANGO_SETTINGS_MODULE, or set application.allow_different_settings = true"
        )
    first = _asked(plan, served, cores, backing, folder)
    remarks = [*differing, *likeness.without_django(served)]
    versions = likeness.of_versions(served, plan.deployments)
    remarks += (f"versions differ: {difference}" for difference in versions)
    remarks += [*_debugging(served), *_by_shell(served)]
    remarks += [*failures(first), *differences(first)]
    return Preflight(served, tuple(dict.fromkeys(remarks)))


def _served(plan: Plan) -> dict[str, Facts]:
    """Return what each deployment serves, imported side by side."""
    with ThreadPoolExecutor(len(plan.deployments)) as threads:
        each = threads.map(partial(site.served, plan.application), plan.deployments)
        return dict(zip((deployment.name for deployment in plan.deployments), each, strict=True))


def _debugging(served: Mapping[str, Facts]) -> Iterator[str]:
    names = [name for name, facts in served.items() if facts.get("DEBUG") == "True"]
    if names:
        yield (
            f"DEBUG is on for {', '.join(names)}: it keeps every query in memory and is slower "
            "than what is deployed; turn it off in the settings that the plan names"
        )


def _by_shell(served: Mapping[str, Facts]) -> Iterator[str]:
    """Yield which variables of the shell decide what is served, which another shell may not set."""
    names = {name for facts in served.values() for name in facts.get(site.SHELL, "").split(", ")}
    if names := names - {""}:
        yield (
            f"the shell sets {', '.join(sorted(names))}, which the site reads: the plan alone does "
            "not say what is served; set it in application.env_file or application.environment"
        )


def _asked(
    plan: Plan, served: Mapping[str, Facts], cores: Cores, backing: Services, folder: Path
) -> dict[str, Mapping[str, FirstAnswers]]:
    """Return what each deployment answers to each scenario, by their names."""
    site.run(plan.application, plan.application.reset, "reset")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        started = {
            each.name: threads.submit(_start, plan, each, served[each.name], cores, backing, folder)
            for each in plan.deployments
        }
        return {name: first.result() for name, first in started.items()}


def _start(
    plan: Plan, deployment: Deployment, facts: Facts, cores: Cores, backing: Services, folder: Path
) -> Mapping[str, FirstAnswers]:
    """Start a deployment once and ask it; raise BenchError with the cause where it refuses."""
    log = folder / f"{deployment.name}.log"
    first = {}
    serving = serve(plan.application, deployment, log, cores.server, backing.variables, noting=True)
    try:
        with serving as server:
            for scenario in plan.scenarios:
                if deployment in plan.against(scenario):
                    files = folder / f"{deployment.name}.{scenario.name}"
                    asked = first_answers(plan, deployment, scenario, server, files, cores)
                    _check(plan, facts, server, asked)
                    first[scenario.name] = asked
    except NotReady as failure:
        cause = _cause(plan, facts, failure.answer)
        if cause is None:
            raise
        text = f"{deployment.name}: {failure.path} gave {failure.answer.text}; {cause}"
        raise BenchError(text) from None
    return first


class Refused(BenchError):
    """A request of a scenario that a deployment refuses as often as it is asked."""


def _check(plan: Plan, facts: Facts, server: Server, first: FirstAnswers) -> None:
    """Raise Refused, with the cause, for the first request that the site always refuses."""
    for group in first.by_label().values():
        if not all(asked.refused for asked in group):
            continue
        asked = group[0]
        answer = server.explained(asked.answer, asked.method, asked.path)
        cause = _cause(plan, facts, answer) or asked.cure
        tail = f"\n{server.child.tail()}" if not 100 <= answer.status < 500 else ""
        raise Refused(f"{server.name}: {asked.request} gave {answer.text}; {cause}{tail}")


def _cause(plan: Plan, facts: Facts, answer: Answer) -> str | None:
    """Return why a deployment answers so and what to do; None where that is unknown."""
    hosts = facts.get("ALLOWED_HOSTS", "*") if not plan.application.host else "*"
    body = answer.body.decode(errors="replace")
    return causes.of_answer(answer.status, answer.headers, hosts, answer.raised, body)
